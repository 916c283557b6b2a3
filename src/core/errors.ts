/** How a program ends: 1 the user can mend it, 2 it is ours. */
export type ExitCode = 1 | 2;

/** One entry of the registry: what happened, what was expected, what to do. */
export interface ErrorEntry {
  readonly exit: ExitCode;
  /** Lower case; `{name}` is replaced by a parameter. Parameters are names, counts, sizes and paths the user gave: never a value of a record. */
  readonly text: string;
  readonly remedy: string;
}

const entries = {
  AUTH_AUTHORITY: {
    exit: 1,
    text: 'the request is signed for another host than this gateway answers for',
    remedy: 'use the address that the gateway was given with --public, and sign for it',
  },
  AUTH_BUSY: {
    exit: 2,
    text: 'the gateway cannot tell now whether it has seen this request before',
    remedy: 'repeat it after {retryAfterMs} milliseconds, signed anew',
  },
  AUTH_CERTIFICATE: {
    exit: 1,
    text: 'the certificate is not one of a principal that may ask here',
    remedy: "register the certificate's key for a principal, or use one that is valid and was not revoked",
  },
  AUTH_CSRF: {
    exit: 1,
    text: 'a request that changes something came from a browser without the token of its session, or for a page of another site',
    remedy: 'send the token that GET /v1/session gives in the header x-boltseal-csrf, from pages of the gateway',
  },
  AUTH_DIGEST: {
    exit: 1,
    text: 'the body is not the one that was signed',
    remedy: 'send Content-Digest (RFC 9530) with sha-256 or sha-512 of the body as it is sent',
  },
  AUTH_FORMAT: {
    exit: 1,
    text: 'the signature of the request is not as it has to be: {problem}',
    remedy: 'docs/spec/signing-requests.md shows how requests are signed',
  },
  AUTH_KEY: {
    exit: 1,
    text: 'the key of the signature is not known, not valid yet, or was revoked',
    remedy: 'enrol the device, or ask an administrator',
  },
  AUTH_MISSING: {
    exit: 1,
    text: 'the request does not say who sends it',
    remedy: 'sign it (docs/spec/signing-requests.md), use a client certificate, or sign in',
  },
  AUTH_RATE: {
    exit: 1,
    text: 'too many strangers tried just now',
    remedy: 'repeat it after {retryAfterMs} milliseconds',
  },
  AUTH_REPLAY: {
    exit: 1,
    text: 'a request with this nonce was taken already',
    remedy: 'sign each request anew, with a nonce of its own; repeat one with the same idempotency key',
  },
  AUTH_SESSION: {
    exit: 1,
    text: 'the session has ended',
    remedy: 'sign in again',
  },
  AUTH_SIGNATURE: {
    exit: 1,
    text: 'the signature does not belong to this request',
    remedy: 'check that method, host, path, query and headers are signed as they are sent',
  },
  AUTH_TIME: {
    exit: 1,
    text: 'the request was signed more than {seconds} seconds away from the time of the gateway, or has expired',
    remedy: 'set the clock; the header Date of this answer has the time of the gateway',
  },
  AUTH_TOKEN: {
    exit: 1,
    text: 'the token is none that opens the metrics',
    remedy: 'send the one that the variable of "gateway.metricsTokenVariable" held when the gateway was started',
  },
  CANARIES_DAMAGED: {
    exit: 1,
    text: 'the list of canaries, {file}, is damaged',
    remedy: 'restore the folder "canaries" from a backup: without it nobody can tell canaries from customers',
  },
  CANARIES_FIELD: {
    exit: 1,
    text: 'canaries with the field {field} cannot be made for the region {region}',
    remedy: 'leave it out: name the other fields with --columns',
  },
  CANARIES_FORMAT: {
    exit: 1,
    text: 'the list of canaries is in format {format}, and this Boltseal reads formats up to {known}',
    remedy: 'use the newer Boltseal that wrote it',
  },
  CANARIES_KEY: {
    exit: 1,
    text: 'the key of the canaries, "{path}", cannot be used: it is missing, mistyped, or another one',
    remedy: 'restore it from your backup; without it nobody can tell canaries from customers',
  },
  CANARIES_LOST: {
    exit: 1,
    text: 'canaries were made in this home, and the list of them, "{path}", is gone',
    remedy:
      'restore the folder "canaries" from a backup; to give these canaries up for good, remove the folder "canaries" and "keys/canaries.key": they then count as customers until the register is built anew',
  },
  CANARIES_MISSING: {
    exit: 1,
    text: '{missing} of {planted} canaries were not found in every shape of the drill',
    remedy:
      'see the reasons above: canaries that are not in the register were lost with an older copy of it, and have to be made again',
  },
  CANARIES_NONE: {
    exit: 1,
    text: 'there are no canaries in the home at "{path}"',
    remedy: 'make some with `boltseal canaries make`',
  },
  CANARIES_READ: {
    exit: 1,
    text: 'the list of canaries, {file}, cannot be read ({reason})',
    remedy: 'check that you may read the folder "canaries" in the home and that the disk is in order',
  },
  CANARIES_ROOM: {
    exit: 1,
    text: 'there is no room for so many canaries: the field {field} has {choices} values to draw from, and at most half of them are used',
    remedy: 'set more aside in config.json (docs/spec/canaries.md), or make fewer',
  },
  CANARIES_SETTING: {
    exit: 1,
    text: 'canaries need values for the field {field} that belong to nobody, and the configuration does not say which',
    remedy: 'write "{setting}" into config.json, as docs/spec/canaries.md shows, or leave the field out with --columns',
  },
  CANARIES_TWIN: {
    exit: 1,
    text: 'no customer in the register is one that canaries could be made to look like',
    remedy: 'add a table with current customers first, with one value a field',
  },
  CANARIES_VALUE: {
    exit: 1,
    text: 'what config.json sets aside for canaries makes no valid value of the field {field}',
    remedy: 'correct "canaries" in config.json, as docs/spec/canaries.md shows',
  },
  CANARIES_WRITE: {
    exit: 1,
    text: 'the list of canaries could not be written ({reason}); it is as it was before',
    remedy:
      'check free disk space and permissions of the folders "canaries" and "keys" in the home, then repeat the command',
  },
  DEMO_FOLDER: {
    exit: 1,
    text: 'the folder "{path}" holds files that are not from an earlier demo',
    remedy: 'choose another with --dir, or empty it yourself',
  },
  DIRECTORY_AUDIT: {
    exit: 1,
    text: 'the record of who may do what differs from the ledger in {differences} places',
    remedy:
      'somebody changed a file, or it is of another time than the ledger: compare with a backup, and look at each principal that is named',
  },
  DIRECTORY_CHANGED: {
    exit: 1,
    text: 'somebody else changed the directory at the same time',
    remedy: 'look at it again, and ask again if you still want the change',
  },
  DIRECTORY_EXISTS: {
    exit: 1,
    text: 'there is a {what} with this id already, or was once',
    remedy: 'choose another id: ids are never given twice, because the ledger names principals by them',
  },
  DIRECTORY_KEY: {
    exit: 1,
    text: 'the key cannot be used: {problem}',
    remedy: 'give an Ed25519 public key, or a certificate with a key that signs, which no principal has yet',
  },
  DIRECTORY_NONE: {
    exit: 1,
    text: 'no gateway was opened in this home yet',
    remedy: 'run `boltseal serve` once: it makes what it needs',
  },
  DIRECTORY_REVOKED: {
    exit: 1,
    text: 'the principal was revoked, which is for good',
    remedy: 'make a new principal with an id of its own',
  },
  DIRECTORY_SELF: {
    exit: 1,
    text: 'nobody can revoke, suspend or change the role of themselves',
    remedy: 'let another administrator do it',
  },
  DIRECTORY_UNKNOWN: {
    exit: 1,
    text: 'there is no such {what}',
    remedy:
      'check the id; make it first where it is to be new: stations with PUT /v1/stations/ID, partners with PUT /v1/partners/ID',
  },
  DIRECTORY_USED: {
    exit: 1,
    text: 'the {what} still has {count} others that belong to it',
    remedy: 'move or revoke them first',
  },
  DIRECTORY_VALUE: {
    exit: 1,
    text: '{what} is not as it has to be',
    remedy: 'ids have letters, digits and ._:@/-, at most 128; a principal has at most 32 attributes of 256 characters',
  },
  DISCLOSURES_COLUMN: {
    exit: 1,
    text: '"{path}" has nothing that says {what}',
    remedy: 'name it with --map {what}=COL, where COL is a column, or a key of JSON records; docs/spec/disclosures.md',
  },
  DISCLOSURES_DAMAGED: {
    exit: 1,
    text: 'the file {file} of the disclosures is damaged',
    remedy: 'restore the folder "disclosures" from a backup, or remove it and import your logs again',
  },
  DISCLOSURES_FORMAT: {
    exit: 1,
    text: 'the disclosures are in format {format}, and this Boltseal reads formats up to {known}',
    remedy: 'use the newer Boltseal that wrote them',
  },
  DISCLOSURES_OPTION: {
    exit: 1,
    text: '{problem}',
    remedy: 'run `boltseal help {command}` for its options, and see docs/spec/disclosures.md',
  },
  DISCLOSURES_READ: {
    exit: 1,
    text: 'the file {file} of the disclosures cannot be read ({reason})',
    remedy: 'check that you may read the folder "disclosures" in the home and that the disk is in order',
  },
  DISCLOSURES_REGISTER: {
    exit: 1,
    text: 'the disclosures were imported beside another register than the one that is there now',
    remedy:
      'restore the register that they belong to, or remove the folder "disclosures" in the home and import your logs again',
  },
  DISCLOSURES_TOO_BIG: {
    exit: 1,
    text: 'there would be more than {most} {what}',
    remedy:
      'check that the right column or pattern gives the id of the person, and leave attributes of principals out that nobody needs',
  },
  DISCLOSURES_WRITE: {
    exit: 1,
    text: 'the disclosures could not be written ({reason}); they are as they were before',
    remedy: 'check free disk space and permissions of the folder "disclosures" in the home, then repeat the command',
  },
  DUMP_BOMB: {
    exit: 1,
    text: '"{path}" unpacks to more than {times} times its size: it was made to fill memory or disk, or it is packed unusually well',
    remedy: 'if you trust it, unpack it yourself and read what comes out',
  },
  DUMP_CHANGED: {
    exit: 1,
    text: '"{path}" was changed while it was read',
    remedy: 'wait until nobody writes to it, or copy it, and run the command again',
  },
  DUMP_CORRUPT: {
    exit: 1,
    text: '"{path}" is damaged: its compressed data cannot be read to the end',
    remedy: 'get the file again, or decompress what can be saved of it and read that',
  },
  DUMP_CRASHED: {
    exit: 1,
    text: 'the process that read "{path}" ended unexpectedly ({reason})',
    remedy: 'the rest was read all the same; unpack or convert this file elsewhere if it matters',
  },
  DUMP_EMPTY: {
    exit: 1,
    text: 'there is nothing in "{path}"',
    remedy: 'check that this is the right file and that it was copied whole',
  },
  DUMP_FORMAT: {
    exit: 1,
    text: '"{path}" looks like {kind}, which cannot be read',
    remedy: 'extract or export its tables first, as text (csv, SQL, JSON), a spreadsheet or Parquet',
  },
  DUMP_HANG: {
    exit: 1,
    text: '"{path}" was given up: nothing was read of it for {seconds} seconds',
    remedy: 'the rest was read all the same; unpack or convert this file elsewhere if it matters',
  },
  DUMP_MEMBERS: {
    exit: 1,
    text: '"{path}" holds more than {limit} files',
    remedy: 'what came before was read; name its folders one by one',
  },
  DUMP_MEMORY: {
    exit: 1,
    text: '"{path}" needs more than {limitMb} MB of memory to be read',
    remedy: 'the rest was read all the same; convert this file elsewhere if it matters',
  },
  DUMP_NESTING: {
    exit: 1,
    text: '"{path}" lies in more than {limit} archives within archives',
    remedy: 'unpack the outer ones yourself and read what comes out',
  },
  DUMP_NOT_FILE: {
    exit: 1,
    text: '"{path}" is a {kind}, not a file',
    remedy: 'name the files themselves, or - for standard input',
  },
  DUMP_NOT_FOUND: { exit: 1, text: 'there is no file "{path}"', remedy: 'check the name and the folder' },
  DUMP_PASSWORD: {
    exit: 1,
    text: '"{path}" is encrypted, and no password was given that opens it',
    remedy: 'give it with --password, or with --password-file',
  },
  DUMP_PIECES: {
    exit: 1,
    text: '"{path}" is split, and not all of it is there: {missing} is missing, or what stands before it is cut off',
    remedy: 'put all its parts into one folder under their own names; what lies in the parts that are there was read',
  },
  DUMP_READ_ONCE: {
    exit: 1,
    text: '"{path}" is a stream and can be read only once',
    remedy: 'write it to a file and read that, or name it only once',
  },
  DUMP_SCRATCH: {
    exit: 1,
    text: 'the scratch folder is full or cannot be written while "{path}" is unpacked ({reason})',
    remedy: 'free some space, or point TMPDIR to a larger disk',
  },
  DUMP_TRUNCATED: {
    exit: 1,
    text: '"{path}" is cut off: its compressed data ends too early',
    remedy: 'get the whole file, or decompress what there is of it and read that',
  },
  DUMP_UNREADABLE: {
    exit: 1,
    text: 'cannot read "{path}" ({reason})',
    remedy: 'check that you may read it and that the disk is in order',
  },
  ENROLMENT_CODE: {
    exit: 1,
    text: 'the code for enrolment is wrong, was used, has expired, or was tried too often',
    remedy: 'type it again; after {attempts} wrong tries, or when it is too old, let an administrator make a new one',
  },
  ENROLMENT_STATE: {
    exit: 1,
    text: 'no device waits for approval in this enrolment',
    remedy: 'GET /v1/enrolments shows in which state each is',
  },
  EPCIS_ACCEPT: {
    exit: 1,
    text: 'EPCIS is spoken here in version {version}, and answered in JSON',
    remedy: 'ask for application/json, with GS1-EPCIS-Version and GS1-CBV-Version of {version} or without',
  },
  EPCIS_BEHAVIOUR: {
    exit: 1,
    text: 'GS1-Capture-Error-Behaviour is neither rollback nor proceed',
    remedy: 'leave the header out for rollback',
  },
  EPCIS_DOCUMENT: {
    exit: 1,
    text: 'this is not as EPCIS 2.0 wants it: {place} {problem}',
    remedy: 'see docs/spec/epcis.md for what is taken',
  },
  EPCIS_LIMIT: {
    exit: 1,
    text: 'one capture may have at most {limit} {what}',
    remedy: 'send it in several parts: OPTIONS says how much is taken at once',
  },
  EPCIS_MEDIA_TYPE: {
    exit: 1,
    text: 'EPCIS is taken here as JSON alone',
    remedy: 'send JSON-LD with the content type application/json or application/ld+json',
  },
  EPCIS_NOT_SERVED: {
    exit: 1,
    text: 'events are taken here and not kept: there is no query interface',
    remedy: 'ask the system that the events come from',
  },
  EVIDENCE_DAMAGED: {
    exit: 1,
    text: 'the evidence file of the verification {id} is damaged, or was written with another key',
    remedy: 'restore it from a backup, or run `boltseal verify` again and attribute the new verification',
  },
  EVIDENCE_FOLDER: {
    exit: 1,
    text: 'the evidence that this home keeps could not be listed or removed ({reason})',
    remedy: 'check the permissions of the folder "verifications" in the home',
  },
  EVIDENCE_NONE: {
    exit: 1,
    text: 'the home at "{path}" has no evidence of this verification',
    remedy:
      'give the --json file of a `boltseal verify` that ran with this home and this version, unchanged, or run it again',
  },
  EVIDENCE_WRITE: {
    exit: 1,
    text: 'the evidence of the verification could not be written ({reason})',
    remedy: 'check free disk space and permissions of the folder "verifications" in the home',
  },
  EXPORT_BUDGET: {
    exit: 1,
    text: 'exports may give the data of {limit} people within 30 days, and this one has no room in that; nothing of it was given',
    remedy: 'ask again later, or let an administrator raise "gateway.exports.peopleAMonth" in config.json',
  },
  EXPORT_CANARIES: {
    exit: 1,
    text: 'no canaries could be made for this export ({reason}), and without them none is given',
    remedy:
      'set values aside as docs/spec/canaries.md says, and see that the register has been fed from the vault; then ask again',
  },
  EXPORT_MOST: {
    exit: 1,
    text: 'an export may be of {most} people at most',
    remedy: 'ask for fewer, or let an administrator raise "gateway.exports.people" in config.json',
  },
  EXPORT_OPEN: {
    exit: 1,
    text: 'you have {most} exports that nobody has decided about or that were not fetched',
    remedy: 'fetch them, take some of them back, or wait until they expire',
  },
  EXPORT_SELF: {
    exit: 1,
    text: 'nobody approves an export that they asked for themselves',
    remedy: 'let others of the approving role decide',
  },
  EXPORT_STATE: {
    exit: 1,
    text: 'this cannot be done with an export that is {state}',
    remedy: 'GET /v1/exports shows in which state each is; each is given once, and what is over needs a new request',
  },
  EXPORT_UNAPPROVED: {
    exit: 1,
    text: 'too few of those who approved this export may still approve it',
    remedy: 'let others approve it',
  },
  EXPORT_WRITE: {
    exit: 1,
    text: 'what is kept of exports could not be written ({reason})',
    remedy: 'check free disk space and permissions of the folder "gateway" in the home',
  },
  GATEWAY_BODY: {
    exit: 1,
    text: 'the body of the request is no JSON, or is nested too deeply',
    remedy: 'send JSON of at most {depth} levels with the content type application/json',
  },
  GATEWAY_BUDGET: {
    exit: 1,
    text: 'the budget "{budget}" of {limit} people has no room for all of this request; nothing of it was given',
    remedy: 'ask for fewer, or again after {retryAfterMs} milliseconds; who needs more asks an administrator',
  },
  GATEWAY_BUDGETS_WRITE: {
    exit: 1,
    text: 'what budgets count could not be written ({reason}); nothing of this request was given',
    remedy: 'check free disk space and permissions of the folder "gateway" in the home',
  },
  GATEWAY_FORBIDDEN: {
    exit: 1,
    text: 'who you are may not do this',
    remedy: 'ask an administrator for the role that may',
  },
  GATEWAY_IDEMPOTENCY: {
    exit: 1,
    text: 'this idempotency key was used for another request',
    remedy: 'give each request a key of its own, and the same one only when it is repeated unchanged',
  },
  GATEWAY_LISTEN: {
    exit: 1,
    text: 'the gateway cannot listen at {host}:{port} ({reason})',
    remedy: 'choose another address with --listen, or stop what listens there',
  },
  GATEWAY_NOT_FOUND: {
    exit: 1,
    text: 'there is nothing at this address, or nothing that you may see',
    remedy: 'see /docs for the addresses that there are',
  },
  GATEWAY_NOT_JUSTIFIED: {
    exit: 1,
    text: 'no business fact justifies this purpose here',
    remedy: 'ask where the parcel or the ticket is yours, or, where you may, as an exception with a reason',
  },
  GATEWAY_ORIGIN: {
    exit: 1,
    text: 'it is to answer at "{host}", beyond this machine, and does not know under which name',
    remedy:
      'set "gateway": { "publicOrigin": "https://..." } in config.json to where devices and browsers see it: signatures name it, and those for another name are refused',
  },
  GATEWAY_POLICY: {
    exit: 1,
    text: 'the policies do not allow these fields in this form for this purpose',
    remedy: 'ask for fewer fields, or for masked ones; `boltseal policy test` shows what is allowed',
  },
  GATEWAY_REQUEST: {
    exit: 1,
    text: 'the request is not as its schema says: {place} {problem}',
    remedy: 'see /docs for the schema of this address',
  },
  GATEWAY_SETTING: {
    exit: 1,
    text: '"gateway.{setting}" in config.json {problem}',
    remedy: 'correct it, as docs/operations.md shows',
  },
  GATEWAY_STOPPING: {
    exit: 1,
    text: 'the gateway is stopping',
    remedy: 'repeat the request in a moment',
  },
  GATEWAY_TARGETS: {
    exit: 1,
    text: 'the request names neither parcels nor subjects',
    remedy: 'give "parcels" or "subjects", at most 100 each',
  },
  GATEWAY_TLS: {
    exit: 1,
    text: 'the gateway does not listen at {host} without TLS: what it gives would cross the network in the clear',
    remedy:
      'give --tls-certificate and --tls-key, listen at 127.0.0.1, or say --without-tls when something in front of it speaks TLS',
  },
  GATEWAY_TLS_FILE: {
    exit: 1,
    text: 'the file "{path}" for TLS cannot be read ({reason})',
    remedy: 'give files in PEM that this user may read',
  },
  GATEWAY_TOO_LARGE: {
    exit: 1,
    text: 'the body of the request is larger than {limit} bytes',
    remedy: 'send less at a time',
  },
  GATEWAY_VIRTUAL_NUMBERS: {
    exit: 1,
    text: 'there is no virtual number to give just now',
    remedy: 'ask for the masked form, or give the provider more numbers',
  },
  HOME_CONFIG: {
    exit: 1,
    text: 'the configuration "{path}" is not as expected: {problem}',
    remedy: 'restore config.json from a backup, or write it as docs/operations.md shows',
  },
  HOME_EXISTS: {
    exit: 1,
    text: '"{path}" is a Boltseal home already',
    remedy:
      'use it as it is, or choose another folder with --home; its key is never overwritten, because a register cannot be read without it',
  },
  HOME_LOCKED: {
    exit: 1,
    text: 'another Boltseal is writing to the home at "{path}"',
    remedy: 'wait until it has finished; the lock ends with that process, there is nothing to remove by hand',
  },
  HOME_NONE: {
    exit: 1,
    text: 'there is no Boltseal home at "{path}"',
    remedy: 'run `boltseal init`, or name the right folder with --home or BOLTSEAL_HOME',
  },
  HOME_NOT_EMPTY: {
    exit: 1,
    text: 'the folder "{path}" is not empty and not a Boltseal home',
    remedy:
      'choose a new or empty folder with --home; if an earlier `boltseal init` was cut off here, remove the folder first',
  },
  HOME_TASK: {
    exit: 1,
    text: 'what was to be done in the background ("{task}") ended before it was done',
    remedy: 'it is done again later, or by the next start; report it when it keeps happening',
  },
  HOME_WRITE: {
    exit: 1,
    text: 'cannot make a home at "{path}" ({reason})',
    remedy: 'choose a folder that you may write to with --home or BOLTSEAL_HOME',
  },
  INTERNAL: {
    exit: 2,
    text: 'something went wrong inside Boltseal ({kind})',
    remedy: 'please report this with the version and the command, without the data',
  },
  KEY_EXISTS: {
    exit: 1,
    text: 'there is a file at "{path}" already',
    remedy: 'a key is never overwritten, because a register cannot be read without it; choose another folder',
  },
  KEY_UNUSABLE: {
    exit: 1,
    text: 'the register key cannot be used: it is missing, mistyped, or not the key of this register',
    remedy:
      'restore the key file exactly as `boltseal init` wrote it, from your backup; without it the register has to be built anew',
  },
  LEDGER_BATCH: {
    exit: 1,
    text: 'one call appends 1 to {most} entries of {mostBytes} bytes together',
    remedy: 'append them in several calls',
  },
  LEDGER_BEHIND: {
    exit: 1,
    text: 'the ledger {origin} is behind its own checkpoint in the second place, or another than it: {problem}',
    remedy:
      'it was restored from a backup, or somebody changed it: keep both as they are, find out which, and restore what was newest; docs/operations.md',
  },
  LEDGER_BUSY: {
    exit: 1,
    text: 'too many entries wait for the disk; nothing of this call was recorded',
    remedy: 'repeat it after {retryAfterMs} milliseconds',
  },
  LEDGER_CLOSED: {
    exit: 1,
    text: 'the ledger is being closed',
    remedy: 'open it again',
  },
  LEDGER_DAMAGED: {
    exit: 1,
    text: 'the file {file} of the ledger is damaged: {problem}',
    remedy:
      'keep the folder "ledger" as it is for whoever examines it, and see docs/operations.md for what can be rebuilt',
  },
  LEDGER_DISK_FULL: {
    exit: 1,
    text: 'there is too little room on the disk for the ledger; nothing of this call was recorded, and nothing is lost',
    remedy: 'make room on the volume of the home; the ledger goes on by itself',
  },
  LEDGER_DROPPED: {
    exit: 1,
    text: 'the shard {shard} was dropped when its time was over: only its last checkpoint is left',
    remedy: 'proofs that were made before go on holding; there is nothing in it any more that could be proved anew',
  },
  LEDGER_ENTRY: {
    exit: 1,
    text: 'the entry cannot be appended: {problem}',
    remedy: 'docs/spec/ledger-entry.md says what entries hold',
  },
  LEDGER_ERASED_NONE: {
    exit: 1,
    text: 'the ledger has nothing of this {owner} that could be erased',
    remedy: 'check the id; what was erased before cannot be told from what never was',
  },
  LEDGER_EXISTS: {
    exit: 1,
    text: 'the folder "{path}" is there already and has something in it',
    remedy: 'name a new folder: an export never mixes with what is there',
  },
  LEDGER_FAILED: {
    exit: 2,
    text: 'the ledger could not write ({reason}), and accepts nothing more',
    remedy: 'check the disk, then start again: what was acknowledged is read back',
  },
  LEDGER_FILE: {
    exit: 1,
    text: 'the file "{path}" could not be read or written ({reason})',
    remedy: 'check that it is there and that its permissions allow it',
  },
  LEDGER_FORMAT: {
    exit: 1,
    text: 'the ledger {path} is in another format than this Boltseal knows',
    remedy: 'use the newer Boltseal that wrote it',
  },
  LEDGER_FSCK: {
    exit: 1,
    text: 'the ledger is not sound; things that are wrong: {faults}',
    remedy:
      'keep everything as it is for whoever examines it; each line above says what is wrong and where, docs/spec/ledger.md what it means',
  },
  LEDGER_HELD: {
    exit: 1,
    text: 'a legal hold forbids to erase this {owner}',
    remedy: 'release the hold with `boltseal ledger hold --release` once it has ended, then erase',
  },
  LEDGER_HOLD_NONE: {
    exit: 1,
    text: 'there is no hold with the number {hold} on this subject',
    remedy: '`boltseal ledger hold --list` names the holds that stand',
  },
  LEDGER_INDEX: {
    exit: 1,
    text: 'there is no entry with index {index}: the checkpoint has {size}',
    remedy: '`boltseal ledger status` says how many there are; what was just appended is under the next checkpoint',
  },
  LEDGER_KEY: {
    exit: 1,
    text: 'the key file {file} of the ledger cannot be used: it is missing, mistyped, or not the key of this ledger',
    remedy: 'restore it exactly as it was written, from your backup: without it the ledger cannot be continued',
  },
  LEDGER_KEYS: {
    exit: 1,
    text: "the ledger's store of keys cannot be used ({reason})",
    remedy: 'check free disk space and permissions of the folder "ledger" in the home, then repeat the command',
  },
  LEDGER_KEY_EXISTS: {
    exit: 1,
    text: 'there is a key file {file} of the ledger already',
    remedy: 'a key is never overwritten, because what it sealed could not be read without it',
  },
  LEDGER_LINES: {
    exit: 1,
    text: '{refused} of {lines} lines are no disclosures; the others were appended',
    remedy: 'mend those lines (docs/spec/ledger.md says how they look) and append them alone',
  },
  LEDGER_LISTEN: {
    exit: 2,
    text: 'the witness cannot listen on {host}:{port} ({reason})',
    remedy: 'choose another address or port with --listen, or end what listens there',
  },
  LEDGER_LOCKED: {
    exit: 1,
    text: 'another process writes to the ledger "{path}"',
    remedy: 'stop that process, or have it do what you want to do',
  },
  LEDGER_NONE: {
    exit: 1,
    text: 'there is no ledger at "{path}"',
    remedy: '`boltseal ledger append FILE` begins one; if there was one, restore it',
  },
  LEDGER_NOTE: {
    exit: 1,
    text: 'this is no {what}: {problem}',
    remedy: 'get it again from where it came from; docs/spec/ledger.md names the formats',
  },
  LEDGER_OPENING: {
    exit: 1,
    text: 'the opening does not prove what it says: {problem}',
    remedy: 'treat what it says as unproved, and ask whoever gave it for another',
  },
  LEDGER_ORIGIN: {
    exit: 1,
    text: 'the logs in the home are not of the ledger {origin}',
    remedy: 'write the "origin" into config.json that the ledger was begun with, or remove it if it had none',
  },
  LEDGER_POLICY: {
    exit: 1,
    text: 'line {line} of the policy cannot be used: {problem}',
    remedy: 'write it as c2sp.org/tlog-policy says; docs/spec/ledger.md has an example',
  },
  LEDGER_PROOF: {
    exit: 1,
    text: 'the entry is not the one with index {index} in the log of {size} entries: entry or proof were changed, or do not belong together',
    remedy: 'treat the entry as unproved, and ask whoever gave it for the proof again',
  },
  LEDGER_QUORUM: {
    exit: 1,
    text: 'the quorum of the policy is not met: {cosigned} of its {witnesses} witnesses cosigned the checkpoint',
    remedy:
      'ask for a proof with a checkpoint that more witnesses cosigned; without them a log could show different people different histories',
  },
  LEDGER_READ: {
    exit: 2,
    text: 'the ledger could not be opened ({reason})',
    remedy: 'check disk and permissions of the folder "ledger" in the home',
  },
  LEDGER_RETENTION: {
    exit: 1,
    text: 'the shard {shard} cannot be dropped: {problem}',
    remedy:
      '`boltseal ledger status` says which shards are due; `retentionDays` under "ledger" in config.json says how long they are kept',
  },
  LEDGER_REVEAL: {
    exit: 1,
    text: 'the field "{field}" of entry {index} cannot be revealed: it {problem}',
    remedy: 'leave it away; docs/spec/ledger-entry.md names the fields of each kind',
  },
  LEDGER_SECOND_PLACE: {
    exit: 1,
    text: 'the second place has no checkpoint of the ledger {origin}, which has {size} entries',
    remedy:
      'connect the volume with the second place; if it is lost, say so with `boltseal ledger checkpoint --new-second-place` after you have checked the ledger with `boltseal ledger fsck`',
  },
  LEDGER_SECOND_WRITE: {
    exit: 2,
    text: 'the second place of checkpoints could not be written ({reason}); no checkpoint is published until it can be',
    remedy: 'check the volume of the second place; entries are recorded meanwhile',
  },
  LEDGER_SHARD: {
    exit: 1,
    text: 'the ledger has no shard "{shard}"',
    remedy: 'these it has: {shards}',
  },
  LEDGER_SIGNATURE: {
    exit: 1,
    text: 'the signatures are not enough: {problem}',
    remedy:
      'check that the policy has the right keys; if it does, the checkpoint was changed, or signed by somebody else',
  },
  LEDGER_SOURCE: {
    exit: 1,
    text: 'the log at "{source}" could not be read ({reason})',
    remedy: 'check the folder or address, its permissions and the connection, then repeat the command',
  },
  LEDGER_WITNESS: {
    exit: 1,
    text: 'the witness {witness} did not cosign: {problem}',
    remedy:
      'see whether it runs and has the keys of this log; if it has seen more than this log holds, the log was restored from a backup or copied: stop, and find out which',
  },
  LEDGER_WITNESS_STORE: {
    exit: 2,
    text: 'the witness could not remember what it cosigned ({reason}), and signs nothing more',
    remedy: 'check disk and permissions of its folder, then start it again',
  },
  MEMORY_OPTION: {
    exit: 1,
    text: 'with so little memory the dump would have to be read more than 64 times',
    remedy: 'give --memory at least {neededMb}M, or leave it away',
  },
  MEMORY_TOO_SMALL: {
    exit: 1,
    text: 'the register needs {neededMb} MB of memory, and no more than 4,294 MB can be had in one piece',
    remedy: 'give --memory, for example `--memory 2G`: the register is then read in several passes',
  },
  OUTPUT_WRITE: {
    exit: 1,
    text: 'cannot write "{path}" ({reason})',
    remedy: 'check that the folder exists, that you may write to it and that the disk is not full',
  },
  POLICY_CONFLICT: {
    exit: 1,
    text: 'the policies were changed by somebody else since you read them',
    remedy: 'read them again, and send the ETag of what you read as If-Match',
  },
  POLICY_DANGER: {
    exit: 1,
    text: 'these policies permit what somebody has to have meant: {findings}',
    remedy: 'change them, or accept each finding by its code',
  },
  POLICY_EXAMPLES: {
    exit: 1,
    text: 'line {line} of the examples cannot be read: {problem}',
    remedy: 'write it as docs/spec/policies.md says, "Examples"',
  },
  POLICY_EXPECTED: {
    exit: 1,
    text: '{failed} of {questions} questions were answered otherwise than the examples say',
    remedy: 'correct the policies or the examples; the lines are above',
  },
  POLICY_FILE: {
    exit: 1,
    text: '"{path}" cannot be read ({reason})',
    remedy: 'check the name, and that you may read it',
  },
  POLICY_INVALID: {
    exit: 1,
    text: 'the policies cannot be used: {place}: {reason}',
    remedy: 'correct them as docs/spec/policies.md says; those that were active before still are',
  },
  POLICY_PRECONDITION: {
    exit: 1,
    text: 'a change of policies has to say which version it replaces',
    remedy: 'send the ETag of the active policies as If-Match',
  },
  POLICY_SECOND_PERSON: {
    exit: 1,
    text: 'policies are changed by two people: one proposes a version, another one activates it, once',
    remedy: 'let another administrator activate it; to go back to an older version, propose its text again',
  },
  POLICY_VERSION: {
    exit: 1,
    text: 'there is no version {version} of the policies that may be activated',
    remedy: 'see GET /v1/policies/versions',
  },
  POLICY_WRITE: {
    exit: 1,
    text: 'the policies could not be written ({reason}); those that were active still are',
    remedy: 'check free disk space and permissions of the folder "gateway" in the home',
  },
  POSTGRES_CONNECT: {
    exit: 1,
    text: 'cannot connect to PostgreSQL at {place} ({reason})',
    remedy:
      'check host, port, database, user, password and sslmode, and that the server lets this machine in; try the same URL with psql',
  },
  POSTGRES_LOST: {
    exit: 1,
    text: 'the connection to PostgreSQL at {place} was lost while the table was read ({reason})',
    remedy: 'the register is as it was: run the command again',
  },
  POSTGRES_PASSWORD: {
    exit: 1,
    text: 'the password for PostgreSQL at {place} cannot be had: {problem}',
    remedy: 'check the file or the variable that `vault.store` in config.json names (docs/operations.md)',
  },
  POSTGRES_QUERY: {
    exit: 1,
    text: 'PostgreSQL at {place} did not take the query ({reason})',
    remedy: 'give one SELECT that this user may run; psql shows the whole message',
  },
  POSTGRES_UNFIT: {
    exit: 1,
    text: 'PostgreSQL at {place} cannot keep the vault: {problem}',
    remedy: 'change that, or name another database in `vault.store` of config.json (docs/operations.md)',
  },
  POSTGRES_URL: {
    exit: 1,
    text: 'the URL of the database cannot be used: {problem}',
    remedy: 'write it as postgres://user@host:port/database?sslmode=verify-full, with the password in PGPASSWORD',
  },
  REGISTER_CHANGED: {
    exit: 1,
    text: 'the register was extended while the dump was read',
    remedy: 'run the command again; it then compares with the new register throughout',
  },
  REGISTER_DAMAGED: {
    exit: 1,
    text: "the register's file {file} is damaged",
    remedy:
      'restore the folder "register" from a backup, or remove it and build the register anew from your customer tables',
  },
  REGISTER_EMPTY_TABLE: {
    exit: 1,
    text: 'the table has no row with a usable id, and a full snapshot without rows would close all {subjects} subjects',
    remedy: 'check the file and --id; use --delta if the table holds changes only',
  },
  REGISTER_FIELD_VERSION: {
    exit: 1,
    text: 'the register was built with version {old} of the field {field}, and this Boltseal has version {new}',
    remedy: 'build the register anew with this version, or use the version of Boltseal that built it',
  },
  REGISTER_FORMAT: {
    exit: 1,
    text: 'the register is in format {format}, and this Boltseal reads format {known}',
    remedy: 'use the Boltseal that wrote it, or build the register again with this one',
  },
  REGISTER_NONE: {
    exit: 1,
    text: 'there is no register at "{path}" yet',
    remedy: 'build it with `boltseal register add`',
  },
  REGISTER_READ: {
    exit: 1,
    text: "the register's file {file} cannot be read ({reason})",
    remedy: 'check that you may read the folder "register" in the home and that the disk is in order',
  },
  REGISTER_TIME_ORDER: {
    exit: 1,
    text: "the table's time {asOf} is not later than {latest}, the latest time in the register",
    remedy: 'add tables in the order of their times; dated versions of the past can be added with --history',
  },
  REGISTER_TOO_BIG: {
    exit: 1,
    text: 'the register would hold {count} {what}, and the most is {most}',
    remedy: 'split the customers over several homes and verify against each',
  },
  REGISTER_WRITE: {
    exit: 1,
    text: 'the register could not be written ({reason}); it is as it was before',
    remedy: 'check free disk space and permissions of the folder "register" in the home, then repeat the command',
  },
  SCRATCH_WRITE: {
    exit: 1,
    text: 'cannot keep notes between the passes over the dump in "{path}" ({reason})',
    remedy: 'make room there, or give --memory enough for the whole register: then there is only one pass',
  },
  SIGNIN_FAILED: {
    exit: 1,
    text: 'signing in did not work: {problem}',
    remedy: 'begin again; if it stays so, ask an administrator',
  },
  SIGNIN_OFF: {
    exit: 1,
    text: 'this way to sign in is not set up here',
    remedy: 'use another one, or set it up (docs/operations.md)',
  },
  SIGNIN_PROVIDER: {
    exit: 1,
    text: 'the identity provider cannot be reached, or does not answer as OpenID Connect says',
    remedy: 'try again in a moment; an administrator checks issuer and client',
  },
  SIGNIN_ROLE: {
    exit: 1,
    text: 'the identity provider knows you, and nothing that it says gives you a role here',
    remedy: 'ask an administrator: roles come from the claim and the mapping in the configuration',
  },
  STORE_FORMAT: {
    exit: 1,
    text: 'the database "{path}" is in format {format}, and this Boltseal knows formats up to {known}',
    remedy: 'use the newer Boltseal that wrote it',
  },
  STORE_OPEN: {
    exit: 1,
    text: 'the database "{path}" cannot be opened ({reason})',
    remedy:
      'check that you may write there, that there is room, and that it is a database of Boltseal; restore it from a backup when it is damaged',
  },
  USAGE_COLUMN: {
    exit: 1,
    text: 'there is no column "{column}" in "{path}": it has {count} columns {header}',
    remedy: "give a header's name as it stands in the file, or a number from 1",
  },
  USAGE_OPTION: { exit: 1, text: '{problem}', remedy: 'run `boltseal help {command}` for its options' },
  USAGE_SEPARATOR: {
    exit: 1,
    text: 'the separator must be one to eight ASCII characters without line ends or quotes',
    remedy: 'give the characters between two cells, for instance --separator "----"',
  },
  USAGE_UNKNOWN_COMMAND: {
    exit: 1,
    text: 'there is no command "{command}"',
    remedy: 'run `boltseal help` for the list of commands',
  },
  VAULT_DAMAGED: {
    exit: 1,
    text: 'something in the vault is not as it was written ({what}): its file is damaged, or somebody has changed it',
    remedy:
      'find out what happened to the folder "vault" of the home, or the databases that `vault.store` names, and restore them from a backup; nothing that is damaged is ever given out',
  },
  VAULT_ERASED: {
    exit: 1,
    text: 'somebody with this id was erased, and comes back by no write',
    remedy:
      'if it is a new customer, `boltseal vault import --admit-erased` lets the id in; otherwise take it out of the system that still sends it',
  },
  VAULT_GATEWAY: {
    exit: 1,
    text: 'the gateway, or another process, has the ledger open: nothing was done',
    remedy:
      'ask the gateway, as a privacy officer: DELETE /v1/subjects/ID erases, GET /v1/subjects/ID and /v1/subjects/ID/disclosures say what is held and who saw it; or stop it and run the command again, as for `vault retain`, which the gateway has no address for',
  },
  VAULT_IMPORT: {
    exit: 1,
    text: 'the table has no column for {field}',
    remedy: 'say which column it is: `boltseal inspect FILE` shows how each is understood, --map and --id say it',
  },
  VAULT_KEY: {
    exit: 1,
    text: 'the keys of the vault cannot be used: {problem}',
    remedy:
      'restore the keys of the vault (vault/keys.sqlite, or their database) and the key-encryption key that belong together, from one backup (docs/operations.md); without them nobody can read the vault',
  },
  VAULT_KEY_PROVIDER: {
    exit: 1,
    text: 'the provider of the key-encryption key does not answer as it should: {problem}',
    remedy:
      'check `vault.keys` in config.json (docs/operations.md), and that the program or variable which it names works',
  },
  VAULT_NONE: {
    exit: 1,
    text: 'there is no vault in the home at "{path}"',
    remedy: 'load customers with `boltseal vault import`',
  },
  VAULT_PLAINTEXT: {
    exit: 1,
    text: '{found} values of the vault stand readable in files of the home',
    remedy:
      'the files are named above: remove what put them there, and the files; the vault itself writes no value readable',
  },
  VAULT_READ: {
    exit: 1,
    text: 'the vault cannot be read ({reason})',
    remedy:
      'check that you may read the folder "vault" in the home and that the disk is in order, or that the databases of `vault.store` can be reached',
  },
  VAULT_ROTATION: {
    exit: 1,
    text: 'keys are being rotated already',
    remedy: 'let it come to its end: `boltseal vault rotate-key` goes on with what was begun',
  },
  VAULT_SEARCH: {
    exit: 1,
    text: 'the field {field} has no index to search by',
    remedy: 'search by phone, email, nationalId or username; an index of names would show how often each occurs',
  },
  VAULT_SUBJECT_NONE: {
    exit: 1,
    text: 'the vault has nothing of this subject',
    remedy: 'check the id; what was erased cannot be told from what never was',
  },
  VAULT_VALUE: {
    exit: 1,
    text: 'a value of the field {field} is none, or longer than the vault takes',
    remedy: 'ids must not be empty, values have at most 8,192 bytes, times are between 1970 and 10889',
  },
  VAULT_WRITE: {
    exit: 1,
    text: 'the vault cannot be written ({reason})',
    remedy:
      'check free disk space and permissions of the folder "vault" in the home, or that the databases of `vault.store` can be reached, then repeat it; nothing was written',
  },
  VERIFICATION_FORMAT: {
    exit: 1,
    text: 'this is not a verification of the format {format}: {place} {problem}',
    remedy:
      'give the file that `boltseal verify --json` wrote, unchanged, or run `boltseal verify` again with this version',
  },
  VERIFICATION_READ: {
    exit: 1,
    text: 'the verification "{path}" cannot be read ({reason})',
    remedy: 'give the file that `boltseal verify --json` wrote',
  },
} as const satisfies Record<string, ErrorEntry>;

export type ErrorCode = keyof typeof entries;

/** Every code with its text: read by docs/errors.md's test and by the command line. */
export const errorRegistry: Readonly<Record<ErrorCode, ErrorEntry>> = entries;

export type ErrorParameters = Readonly<Record<string, string | number>>;

/** The only error that leaves a module on purpose. Its message never carries a value from a dump or a record. */
export class BoltsealError extends Error {
  readonly code: ErrorCode;
  readonly parameters: ErrorParameters;
  readonly exit: ExitCode;
  readonly remedy: string;

  constructor(code: ErrorCode, parameters: ErrorParameters = {}, options?: { cause?: unknown }) {
    const entry = errorRegistry[code];
    super(fill(entry.text, parameters), options);
    this.name = 'BoltsealError';
    this.code = code;
    this.parameters = parameters;
    this.exit = entry.exit;
    this.remedy = fill(entry.remedy, parameters);
  }
}

function fill(template: string, parameters: ErrorParameters): string {
  return template.replace(/\{(\w+)\}/g, (whole, name: string) => {
    const value = parameters[name];
    return value === undefined ? whole : String(value);
  });
}
