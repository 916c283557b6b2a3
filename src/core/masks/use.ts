/**
 * What a masked value is for: `waybill` is paper that many hands hold, and shows what delivery needs; `screen` is read by somebody who can see many
 * people one after the other, and shows what tells one from the next.
 */
export type MaskUse = 'waybill' | 'screen';
