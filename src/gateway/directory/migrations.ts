/** Steps of `<home>/gateway/directory.sqlite`. */
export const directoryMigrations: readonly string[] = [
  `
  CREATE TABLE partners (id TEXT PRIMARY KEY, attributes TEXT NOT NULL) STRICT, WITHOUT ROWID;
  CREATE TABLE stations (
    id TEXT PRIMARY KEY, partner TEXT REFERENCES partners (id), attributes TEXT NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX stations_by_partner ON stations (partner);
  CREATE TABLE principals (
    id TEXT PRIMARY KEY, kind TEXT NOT NULL, role TEXT NOT NULL,
    station TEXT REFERENCES stations (id), partner TEXT REFERENCES partners (id),
    attributes TEXT NOT NULL, state TEXT NOT NULL, created_ms INTEGER NOT NULL, changed_ms INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX principals_by_station ON principals (station);
  CREATE INDEX principals_by_partner ON principals (partner);
  CREATE INDEX principals_by_role ON principals (role);
  CREATE TABLE principal_versions (
    number INTEGER PRIMARY KEY, principal TEXT NOT NULL REFERENCES principals (id), from_ms INTEGER NOT NULL,
    kind TEXT NOT NULL, role TEXT NOT NULL, station TEXT, partner TEXT, attributes TEXT NOT NULL, state TEXT NOT NULL
  ) STRICT;
  CREATE TABLE keys (
    id TEXT PRIMARY KEY, principal TEXT NOT NULL REFERENCES principals (id), use TEXT NOT NULL, spki BLOB NOT NULL,
    not_before_ms INTEGER NOT NULL, not_after_ms INTEGER, created_ms INTEGER NOT NULL, revoked_ms INTEGER
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX keys_by_principal ON keys (principal);
  CREATE TABLE audit (
    number INTEGER PRIMARY KEY AUTOINCREMENT, time_ms INTEGER NOT NULL, actor TEXT NOT NULL,
    action TEXT NOT NULL, object TEXT NOT NULL, detail TEXT NOT NULL
  ) STRICT;
  CREATE TRIGGER audit_is_not_changed BEFORE UPDATE ON audit BEGIN SELECT RAISE(ABORT, 'audit'); END;
  CREATE TRIGGER audit_is_not_removed BEFORE DELETE ON audit BEGIN SELECT RAISE(ABORT, 'audit'); END;
  CREATE TRIGGER versions_are_not_changed BEFORE UPDATE ON principal_versions BEGIN SELECT RAISE(ABORT, 'audit'); END;
  CREATE TRIGGER versions_are_not_removed BEFORE DELETE ON principal_versions BEGIN SELECT RAISE(ABORT, 'audit'); END;
  `,
  `
  CREATE TABLE enrolments (
    id TEXT PRIMARY KEY, secret_hash BLOB NOT NULL, role TEXT NOT NULL, station TEXT, partner TEXT,
    attributes TEXT NOT NULL, approval TEXT NOT NULL, principal TEXT NOT NULL, state TEXT NOT NULL,
    attempts INTEGER NOT NULL, created_ms INTEGER NOT NULL, created_by TEXT NOT NULL, expires_ms INTEGER NOT NULL,
    claimed_ms INTEGER, key_id TEXT, spki BLOB, device_attributes TEXT
  ) STRICT, WITHOUT ROWID;
  `,
  `
  CREATE TABLE sessions (
    token_hash BLOB PRIMARY KEY, principal TEXT NOT NULL REFERENCES principals (id), by TEXT NOT NULL,
    created_ms INTEGER NOT NULL, seen_ms INTEGER NOT NULL, ends_ms INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX sessions_by_principal ON sessions (principal);
  CREATE TABLE links (
    token_hash BLOB PRIMARY KEY, principal TEXT NOT NULL REFERENCES principals (id), expires_ms INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE passkeys (
    id TEXT PRIMARY KEY, principal TEXT NOT NULL REFERENCES principals (id), public_key BLOB NOT NULL,
    counter INTEGER NOT NULL, created_ms INTEGER NOT NULL, revoked_ms INTEGER
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX passkeys_by_principal ON passkeys (principal);
  `,
  `
  ALTER TABLE audit ADD COLUMN salt BLOB;
  ALTER TABLE audit ADD COLUMN signature BLOB;
  ALTER TABLE audit ADD COLUMN intended INTEGER NOT NULL DEFAULT 0;
  CREATE TABLE audit_places (number INTEGER PRIMARY KEY, shard TEXT NOT NULL, entry INTEGER NOT NULL) STRICT;
  CREATE TRIGGER places_are_not_changed BEFORE UPDATE ON audit_places BEGIN SELECT RAISE(ABORT, 'audit'); END;
  CREATE TRIGGER places_are_not_removed BEFORE DELETE ON audit_places BEGIN SELECT RAISE(ABORT, 'audit'); END;
  CREATE TABLE settings (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
  `,
];
