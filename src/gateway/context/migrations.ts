/** Tables of tours, tickets, movements and capture jobs. Tracking numbers and subject ids stand in them as keyed hashes alone (`KeyedHash`). */
export const migrations: readonly string[] = [
  `CREATE TABLE tours (
     id TEXT PRIMARY KEY,
     courier TEXT NOT NULL,
     day TEXT NOT NULL,
     is_open INTEGER NOT NULL,
     changed_by TEXT NOT NULL,
     changed_ms INTEGER NOT NULL
   ) STRICT, WITHOUT ROWID;
   CREATE INDEX tours_by_day ON tours (day);
   CREATE TABLE tour_parcels (
     parcel BLOB NOT NULL,
     tour TEXT NOT NULL REFERENCES tours (id) ON DELETE CASCADE,
     PRIMARY KEY (parcel, tour)
   ) STRICT, WITHOUT ROWID;
   CREATE INDEX tour_parcels_by_tour ON tour_parcels (tour);
   CREATE TABLE tickets (
     id TEXT PRIMARY KEY,
     subject BLOB,
     parcel BLOB,
     team TEXT,
     agent TEXT,
     reason TEXT NOT NULL,
     opened_ms INTEGER NOT NULL,
     closed_ms INTEGER,
     changed_by TEXT NOT NULL,
     changed_ms INTEGER NOT NULL,
     CHECK ((subject IS NULL) <> (parcel IS NULL)),
     CHECK (team IS NOT NULL OR agent IS NOT NULL)
   ) STRICT, WITHOUT ROWID;
   CREATE INDEX tickets_by_subject ON tickets (subject) WHERE subject IS NOT NULL;
   CREATE INDEX tickets_by_opening ON tickets (opened_ms);`,
  `CREATE TABLE movements (
     parcel BLOB NOT NULL,
     event BLOB NOT NULL,
     at_ms INTEGER NOT NULL,
     status TEXT,
     station_says INTEGER NOT NULL,
     station TEXT,
     due TEXT,
     next TEXT,
     is_void INTEGER NOT NULL,
     PRIMARY KEY (parcel, event)
   ) STRICT, WITHOUT ROWID;`,
  `CREATE TABLE capture_jobs (
     seq INTEGER PRIMARY KEY,
     id TEXT NOT NULL UNIQUE,
     sender TEXT NOT NULL,
     behaviour TEXT NOT NULL,
     created_ms INTEGER NOT NULL,
     is_running INTEGER NOT NULL,
     is_success INTEGER NOT NULL,
     captured INTEGER NOT NULL,
     problems TEXT NOT NULL
   ) STRICT;
   CREATE INDEX capture_jobs_by_sender ON capture_jobs (sender, seq);`,
  'CREATE INDEX tickets_by_parcel ON tickets (parcel) WHERE parcel IS NOT NULL;',
  `CREATE TABLE packings (
     item BLOB NOT NULL,
     container BLOB NOT NULL,
     event BLOB NOT NULL,
     at_ms INTEGER NOT NULL,
     is_in INTEGER NOT NULL,
     is_void INTEGER NOT NULL,
     PRIMARY KEY (item, container, event)
   ) STRICT, WITHOUT ROWID;
   CREATE INDEX packings_by_time ON packings (at_ms);`,
];
