import { equalBytes, type Sha256 } from '../bytes.ts';
import { BoltsealError } from '../errors.ts';
import { parseVerifierKey, type VerifierKey } from '../note/verifier-key.ts';

/** Whose signatures make a checkpoint believable (C2SP tlog-policy). */
export interface LogPolicy {
  readonly logs: readonly PolicyLog[];
  readonly witnesses: readonly PolicyWitness[];
  readonly groups: readonly PolicyGroup[];
  /** Name of a witness or group; null: none is needed. */
  readonly quorum: string | null;
}

export interface PolicyLog {
  readonly key: VerifierKey;
  readonly url: string | null;
}

export interface PolicyWitness extends PolicyLog {
  readonly name: string;
}

/** Holds when `threshold` of its members do. */
export interface PolicyGroup {
  readonly name: string;
  readonly threshold: number;
  /** Names of witnesses and of groups before it; each name is a member of one group at most. */
  readonly members: readonly string[];
}

/** Limits of this implementation; the specification asks for 32 of each. */
const MOST_LINES = 1024;
const none = 'none';
const forbidden = /[\u0000-\u0008\u000b-\u001f\u007f]/;

/** Reads a policy. Fails with LEDGER_POLICY, which names the line. */
export function parsePolicy(sha256: Sha256, text: string): LogPolicy {
  const builder = new PolicyBuilder(sha256);
  const lines = text.split('\n');
  if (lines.length > MOST_LINES) throw invalid(MOST_LINES, 'there are more lines than this');
  for (const [i, line] of lines.entries()) {
    const number = i + 1;
    if (forbidden.test(line)) throw invalid(number, 'control characters are not allowed');
    const [keyword = '', ...words] = line.split(/[ \t]+/).filter((word) => word !== '');
    if (keyword !== '' && !keyword.startsWith('#')) builder.add(number, keyword, words);
  }
  return builder.finish(lines.length);
}

/** Whether the witnesses that cosigned fulfil the quorum; `cosigned` has names of witnesses. */
export function meetsQuorum({ groups, quorum }: LogPolicy, cosigned: ReadonlySet<string>): boolean {
  if (quorum === null) return true;
  const holding = new Set(cosigned);
  // Groups only name what stands before them.
  for (const { name, threshold, members } of groups) {
    if (members.filter((member) => holding.has(member)).length >= threshold) holding.add(name);
  }
  return holding.has(quorum);
}

class PolicyBuilder {
  readonly #sha256: Sha256;
  readonly #logs: PolicyLog[] = [];
  readonly #witnesses: PolicyWitness[] = [];
  readonly #groups: PolicyGroup[] = [];
  readonly #names = new Set<string>();
  readonly #members = new Set<string>();
  #quorum: string | null | undefined;

  constructor(sha256: Sha256) {
    this.#sha256 = sha256;
  }

  add(line: number, keyword: string, words: readonly string[]): void {
    if (keyword === 'log') this.#log(line, words);
    else if (keyword === 'witness') this.#witness(line, words);
    else if (keyword === 'group') this.#group(line, words);
    else if (keyword === 'quorum') this.#setQuorum(line, words);
    else throw invalid(line, 'it begins with none of log, witness, group, quorum');
  }

  finish(line: number): LogPolicy {
    if (this.#quorum === undefined) throw invalid(line, 'a line "quorum NAME" or "quorum none" is missing');
    return { logs: this.#logs, witnesses: this.#witnesses, groups: this.#groups, quorum: this.#quorum };
  }

  #log(line: number, [vkey, url, ...more]: readonly string[]): void {
    if (vkey === undefined || more.length > 0) throw invalid(line, 'it should be: log VKEY [URL]');
    this.#logs.push({ key: this.#key(line, vkey, 'log', this.#logs), url: url ?? null });
  }

  #witness(line: number, [name, vkey, url, ...more]: readonly string[]): void {
    if (name === undefined || vkey === undefined || more.length > 0)
      throw invalid(line, 'it should be: witness NAME VKEY [URL]');
    this.#define(line, name);
    this.#witnesses.push({ name, key: this.#key(line, vkey, 'witness', this.#witnesses), url: url ?? null });
  }

  #group(line: number, [name, rule, ...members]: readonly string[]): void {
    if (name === undefined || rule === undefined || members.length === 0)
      throw invalid(line, 'it should be: group NAME all|any|NUMBER MEMBER...');
    for (const member of members) {
      if (!this.#names.has(member)) throw invalid(line, 'a member is not defined above');
      if (this.#members.has(member)) throw invalid(line, 'a member is in a group already');
      this.#members.add(member);
    }
    const isNumber = /^[1-9][0-9]*$/.test(rule);
    const threshold = rule === 'all' ? members.length : rule === 'any' ? 1 : isNumber ? Number(rule) : 0;
    if (threshold < 1 || threshold > members.length)
      throw invalid(line, 'the threshold is all, any, or 1 to the number of members');
    this.#define(line, name);
    this.#groups.push({ name, threshold, members });
  }

  #setQuorum(line: number, [name, ...more]: readonly string[]): void {
    if (name === undefined || more.length > 0) throw invalid(line, 'it should be: quorum NAME, or quorum none');
    if (this.#quorum !== undefined) throw invalid(line, 'there is a quorum already');
    if (name !== none && !this.#names.has(name)) throw invalid(line, 'its name is not defined above');
    this.#quorum = name === none ? null : name;
  }

  #define(line: number, name: string): void {
    if (name === none || this.#names.has(name)) throw invalid(line, 'its name is taken');
    this.#names.add(name);
  }

  #key(line: number, vkey: string, role: 'log' | 'witness', others: readonly PolicyLog[]): VerifierKey {
    let key: VerifierKey;
    try {
      key = parseVerifierKey(this.#sha256, vkey);
    } catch (cause) {
      throw invalid(line, 'its key is not a verifier key', cause);
    }
    if (!key.type.signsFor.includes(role)) throw invalid(line, `a ${role} does not sign with that type of key`);
    if (others.some((other) => equalBytes(other.key.publicKey, key.publicKey)))
      throw invalid(line, 'its key stands above already');
    return key;
  }
}

function invalid(line: number, problem: string, cause?: unknown): BoltsealError {
  return new BoltsealError('LEDGER_POLICY', { line, problem }, { cause });
}
