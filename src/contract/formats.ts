/*
 * Names of the versions of what is written. They stand apart from the schemas: those load a library of 680 files, which takes longer than most commands, and only checking needs them.
 */

/** Format version of the JSON written by `verify --json`; documented in docs/spec/verification.md. */
export const verificationFormat = 'boltseal-verification-1';

/** Format version of the JSON written by `inspect --json`; documented in docs/spec/inspection.md. */
export const inspectionFormat = 'boltseal-inspection-1';

/** Format version of the JSON written by `attribute --json`; documented in docs/spec/attribution.md. */
export const attributionFormat = 'boltseal-attribution-1';
