import type { Command } from './command.ts';
import { attributeCommand } from './commands/attribute.ts';
import { canariesDrillCommand } from './commands/canaries-drill.ts';
import { canariesListCommand } from './commands/canaries-list.ts';
import { canariesMakeCommand } from './commands/canaries-make.ts';
import { demoCommand } from './commands/demo.ts';
import { disclosuresImportCommand } from './commands/disclosures-import.ts';
import { disclosuresStatusCommand } from './commands/disclosures-status.ts';
import { gatewayAddCommand } from './commands/gateway-add.ts';
import { gatewayAuditCommand } from './commands/gateway-audit.ts';
import { gatewayEnrolCommand } from './commands/gateway-enrol.ts';
import { gatewayLinkCommand } from './commands/gateway-link.ts';
import { gatewayPrincipalsCommand } from './commands/gateway-principals.ts';
import { gatewayRevokeCommand } from './commands/gateway-revoke.ts';
import { createHelpCommand } from './commands/help.ts';
import { initCommand } from './commands/init.ts';
import { inspectCommand } from './commands/inspect.ts';
import { ledgerAppendCommand } from './commands/ledger-append.ts';
import { ledgerCheckpointCommand } from './commands/ledger-checkpoint.ts';
import { ledgerDropCommand } from './commands/ledger-drop.ts';
import { ledgerEraseCommand } from './commands/ledger-erase.ts';
import { ledgerExportCommand } from './commands/ledger-export.ts';
import { ledgerFsckCommand } from './commands/ledger-fsck.ts';
import { ledgerHoldCommand } from './commands/ledger-hold.ts';
import { ledgerPolicyCommand } from './commands/ledger-policy.ts';
import { ledgerProveCommand } from './commands/ledger-prove.ts';
import { ledgerRebuildColumnsCommand } from './commands/ledger-rebuild-columns.ts';
import { ledgerRotateKeyCommand } from './commands/ledger-rotate-key.ts';
import { ledgerStatusCommand } from './commands/ledger-status.ts';
import { ledgerVerifyCommand } from './commands/ledger-verify.ts';
import { ledgerWitnessCommand } from './commands/ledger-witness-serve.ts';
import { policyCheckCommand } from './commands/policy-check.ts';
import { policyShowCommand } from './commands/policy-show.ts';
import { policyTestCommand } from './commands/policy-test.ts';
import { principalsImportCommand } from './commands/principals-import.ts';
import { registerAddCommand } from './commands/register-add.ts';
import { registerStatusCommand } from './commands/register-status.ts';
import { serveCommand } from './commands/serve.ts';
import { vaultCheckCommand } from './commands/vault-check.ts';
import { vaultEraseCommand } from './commands/vault-erase.ts';
import { vaultExportCommand } from './commands/vault-export.ts';
import { vaultFeedCommand } from './commands/vault-feed.ts';
import { vaultImportCommand } from './commands/vault-import.ts';
import { vaultReportCommand } from './commands/vault-report.ts';
import { vaultRetainCommand } from './commands/vault-retain.ts';
import { vaultRotateKeyCommand } from './commands/vault-rotate-key.ts';
import { vaultStatusCommand } from './commands/vault-status.ts';
import { verificationsListCommand } from './commands/verifications-list.ts';
import { verificationsRemoveCommand } from './commands/verifications-remove.ts';
import { verifyCommand } from './commands/verify.ts';
import { versionCommand } from './commands/version.ts';

const working: readonly Command[] = [
  initCommand,
  registerAddCommand,
  registerStatusCommand,
  verifyCommand,
  verificationsListCommand,
  verificationsRemoveCommand,
  inspectCommand,
  disclosuresImportCommand,
  disclosuresStatusCommand,
  principalsImportCommand,
  attributeCommand,
  canariesMakeCommand,
  canariesDrillCommand,
  canariesListCommand,
  ledgerAppendCommand,
  ledgerStatusCommand,
  ledgerCheckpointCommand,
  ledgerProveCommand,
  ledgerVerifyCommand,
  ledgerPolicyCommand,
  ledgerFsckCommand,
  ledgerExportCommand,
  ledgerEraseCommand,
  ledgerHoldCommand,
  ledgerDropCommand,
  ledgerRotateKeyCommand,
  ledgerWitnessCommand,
  ledgerRebuildColumnsCommand,
  vaultImportCommand,
  vaultStatusCommand,
  vaultFeedCommand,
  vaultCheckCommand,
  vaultReportCommand,
  vaultExportCommand,
  vaultEraseCommand,
  vaultRetainCommand,
  vaultRotateKeyCommand,
  serveCommand,
  gatewayPrincipalsCommand,
  gatewayAddCommand,
  gatewayRevokeCommand,
  gatewayEnrolCommand,
  gatewayLinkCommand,
  gatewayAuditCommand,
  policyShowCommand,
  policyCheckCommand,
  policyTestCommand,
  demoCommand,
  versionCommand,
];

/** Every command, in the order of help. */
export const commands: readonly Command[] = [...working, createHelpCommand(working)];
