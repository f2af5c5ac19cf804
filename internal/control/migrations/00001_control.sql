-- Instants are UTC text with milliseconds (2026-01-31T09:30:00.000Z), which
-- sorts as time does. Columns that end in Key hold a name folded for
-- comparison without case.

-- +goose Up
PRAGMA application_id = 1634562915; -- "amsc"

CREATE TABLE Pack (
  NameKey   TEXT PRIMARY KEY,
  Name      TEXT NOT NULL,
  Type      TEXT NOT NULL,
  Server    TEXT NOT NULL,
  Domain    TEXT NOT NULL,
  Hosts     TEXT NOT NULL, -- JSON array: hosts besides Domain that the password may go to
  Username  TEXT NOT NULL,
  KeyID     TEXT NOT NULL, -- the master key that Sealed opens with
  Sealed    BLOB NOT NULL, -- age envelope of the password and of every field above
  Created   TEXT NOT NULL,
  Changed   TEXT NOT NULL,
  ChangedBy TEXT NOT NULL,
  LastUsed  TEXT
) STRICT;

CREATE TABLE PackUse (
  NameKey  TEXT NOT NULL REFERENCES Pack ON DELETE CASCADE,
  UsedBy   TEXT NOT NULL,
  RunID    INTEGER NOT NULL,
  LastUsed TEXT NOT NULL,
  PRIMARY KEY (NameKey, UsedBy)
) STRICT;

CREATE TABLE Script (
  Hash TEXT PRIMARY KEY, -- SHA-256 of the text, in hexadecimal
  Text TEXT NOT NULL
) STRICT;

CREATE TABLE Run (
  RunID             INTEGER PRIMARY KEY,
  Transformation    TEXT NOT NULL,
  TransformationKey TEXT NOT NULL,
  File              TEXT NOT NULL,
  ScriptHash        TEXT REFERENCES Script,
  Parameters        TEXT NOT NULL, -- JSON object
  User              TEXT NOT NULL,
  Host              TEXT NOT NULL,
  Test              INTEGER NOT NULL,
  Status            TEXT NOT NULL CHECK (Status IN ('Queued', 'Running', 'Completed', 'Failed', 'Cancelled')),
  Fence             INTEGER NOT NULL DEFAULT 0,
  Created           TEXT NOT NULL,
  Started           TEXT,
  Finished          TEXT,
  LastUpdated       TEXT NOT NULL,
  UpdateText        TEXT NOT NULL DEFAULT '',
  Error             TEXT NOT NULL DEFAULT '',
  ErrorCode         TEXT NOT NULL DEFAULT '',
  ExitCode          INTEGER NOT NULL DEFAULT 0,
  Requests          INTEGER NOT NULL DEFAULT 0,
  Counts            TEXT NOT NULL DEFAULT '{}', -- JSON object
  LogLines          INTEGER NOT NULL DEFAULT 0, -- given, of which the first are kept; so too the next two
  Warnings          INTEGER NOT NULL DEFAULT 0,
  Rejects           INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX RunByTransformation ON Run (TransformationKey, Status, RunID);
CREATE INDEX RunByScript ON Run (ScriptHash);

CREATE TABLE RunLog (
  RunID   INTEGER NOT NULL REFERENCES Run ON DELETE CASCADE,
  Seq     INTEGER NOT NULL,
  Time    TEXT NOT NULL,
  Level   TEXT NOT NULL,
  Line    INTEGER NOT NULL,
  Message TEXT NOT NULL,
  PRIMARY KEY (RunID, Seq)
) STRICT, WITHOUT ROWID;

CREATE TABLE RunWarning (
  RunID   INTEGER NOT NULL REFERENCES Run ON DELETE CASCADE,
  Seq     INTEGER NOT NULL,
  Code    TEXT NOT NULL,
  Message TEXT NOT NULL,
  Line    INTEGER NOT NULL,
  Col     INTEGER NOT NULL,
  Count   INTEGER NOT NULL,
  PRIMARY KEY (RunID, Seq)
) STRICT, WITHOUT ROWID;

CREATE TABLE RunReject (
  RunID   INTEGER NOT NULL REFERENCES Run ON DELETE CASCADE,
  Seq     INTEGER NOT NULL,
  RowKey  TEXT NOT NULL,
  Reason  TEXT NOT NULL,
  Line    INTEGER NOT NULL,
  Fields  TEXT NOT NULL, -- JSON object of the mapped paths
  PRIMARY KEY (RunID, Seq)
) STRICT, WITHOUT ROWID;

-- One row a transformation, kept after the run so that Fence only increases.
-- RunID is NULL while nobody holds it.
CREATE TABLE Lease (
  TransformationKey TEXT PRIMARY KEY,
  RunID             INTEGER,
  Fence             INTEGER NOT NULL,
  User              TEXT NOT NULL,
  Host              TEXT NOT NULL,
  Machine           TEXT NOT NULL, -- where PID means something
  PID               INTEGER NOT NULL,
  ProcessStart      TEXT NOT NULL, -- tells a process from a later one with its PID
  Since             TEXT NOT NULL,
  Beat              INTEGER NOT NULL, -- counts heartbeats, so that no clock is needed to see one
  Heartbeat         TEXT NOT NULL
) STRICT;

CREATE TABLE Counter (
  Name  TEXT PRIMARY KEY,
  Value INTEGER NOT NULL
) STRICT;
INSERT INTO Counter (Name, Value) VALUES ('Run', 0), ('Fence', 0);

CREATE TABLE Setting (
  NameKey   TEXT PRIMARY KEY,
  Name      TEXT NOT NULL,
  Value     TEXT NOT NULL,
  Changed   TEXT NOT NULL,
  ChangedBy TEXT NOT NULL
) STRICT;
