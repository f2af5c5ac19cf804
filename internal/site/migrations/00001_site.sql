-- The site database. Business tables are read by any SQLite client under these
-- names; the tables amsx_* are amsx's own, and scripts may only read them.

-- +goose Up

-- One row a person. Text is UTF-8, Active is 0 or 1, a date is YYYY-MM-DD, an
-- instant is YYYY-MM-DDTHH:MM:SSZ. CustodianID is never used twice.
CREATE TABLE Custodian (
    CustodianID    INTEGER PRIMARY KEY AUTOINCREMENT,
    OktaID         TEXT,
    Source         TEXT,
    Login          TEXT,
    LoginKey       TEXT,
    FullName       TEXT,
    FirstName      TEXT,
    LastName       TEXT,
    Email          TEXT,
    EmailKey       TEXT,
    SecondEmail    TEXT,
    Department     TEXT,
    Division       TEXT,
    Organization   TEXT,
    CostCentre     TEXT,
    JobTitle       TEXT,
    EmployeeNumber TEXT,
    Phone          TEXT,
    Mobile         TEXT,
    Location       TEXT,
    City           TEXT,
    CountryCode    TEXT,
    ManagerID      INTEGER REFERENCES Custodian (CustodianID),
    Status         TEXT,
    Active         BOOLEAN NOT NULL DEFAULT 1 CHECK (Active IN (0, 1)),
    HireDate       DATE,
    Created        DATETIME,
    LastUpdated    DATETIME,
    LastLogin      DATETIME,
    UNIQUE (OktaID),
    UNIQUE (LoginKey, Source)
);
-- Managers and adoption look rows up by these.
CREATE INDEX Custodian_EmailKey ON Custodian (EmailKey) WHERE EmailKey IS NOT NULL;
CREATE INDEX Custodian_EmployeeNumber ON Custodian (EmployeeNumber) WHERE EmployeeNumber IS NOT NULL;

-- LoginKey and EmailKey hold Login and Email as they are compared. amsx fills
-- them; these two triggers do it for a row that another program writes, where
-- plain ASCII makes lower() the right answer.
-- +goose StatementBegin
CREATE TRIGGER Custodian_Keys_Insert AFTER INSERT ON Custodian
WHEN NEW.LoginKey IS NULL AND NEW.Login IS NOT NULL AND NEW.Login NOT GLOB '*[^ -~]*'
  OR NEW.EmailKey IS NULL AND NEW.Email IS NOT NULL AND NEW.Email NOT GLOB '*[^ -~]*'
BEGIN
    UPDATE Custodian SET
        LoginKey = coalesce(LoginKey, CASE WHEN Login NOT GLOB '*[^ -~]*' THEN lower(Login) END),
        EmailKey = coalesce(EmailKey, CASE WHEN Email NOT GLOB '*[^ -~]*' THEN lower(Email) END)
    WHERE CustodianID = NEW.CustodianID;
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER Custodian_Keys_Update AFTER UPDATE OF Login, Email ON Custodian
WHEN NEW.Login IS NOT OLD.Login AND NEW.LoginKey IS OLD.LoginKey
  OR NEW.Email IS NOT OLD.Email AND NEW.EmailKey IS OLD.EmailKey
BEGIN
    UPDATE Custodian SET
        LoginKey = CASE WHEN NEW.Login IS NOT OLD.Login AND NEW.LoginKey IS OLD.LoginKey
            THEN CASE WHEN Login NOT GLOB '*[^ -~]*' THEN lower(Login) END ELSE LoginKey END,
        EmailKey = CASE WHEN NEW.Email IS NOT OLD.Email AND NEW.EmailKey IS OLD.EmailKey
            THEN CASE WHEN Email NOT GLOB '*[^ -~]*' THEN lower(Email) END ELSE EmailKey END
    WHERE CustodianID = NEW.CustodianID;
END;
-- +goose StatementEnd

-- Lookup tables, filled where a mapping says create="true".
CREATE TABLE Department (
    DepartmentID   INTEGER PRIMARY KEY AUTOINCREMENT,
    DepartmentName TEXT NOT NULL COLLATE NOCASE UNIQUE
);
CREATE TABLE Location (
    LocationID   INTEGER PRIMARY KEY AUTOINCREMENT,
    LocationName TEXT NOT NULL COLLATE NOCASE UNIQUE
);
CREATE TABLE CostCentre (
    CostCentreID   INTEGER PRIMARY KEY AUTOINCREMENT,
    CostCentreName TEXT NOT NULL COLLATE NOCASE UNIQUE
);

-- One row a run that was merged.
CREATE TABLE amsx_run (
    RunID          INTEGER PRIMARY KEY,
    Transformation TEXT NOT NULL,
    Fence          INTEGER NOT NULL,
    Started        DATETIME NOT NULL,
    Merged         DATETIME NOT NULL,
    ReadCount      INTEGER NOT NULL,
    Inserted       INTEGER NOT NULL,
    Updated        INTEGER NOT NULL,
    Unchanged      INTEGER NOT NULL,
    Reactivated    INTEGER NOT NULL,
    Deactivated    INTEGER NOT NULL,
    Adopted        INTEGER NOT NULL,
    Rekeyed        INTEGER NOT NULL,
    Deleted        INTEGER NOT NULL,
    Rejected       INTEGER NOT NULL,
    Skipped        INTEGER NOT NULL,
    Warnings       INTEGER NOT NULL
);

-- What a run left of a source. Complete: the pull reached its end and leavers
-- were marked, so every active row of the source was seen by this run.
CREATE TABLE amsx_run_source (
    RunID     INTEGER NOT NULL,
    TableName TEXT NOT NULL,
    Source    TEXT NOT NULL,
    Complete  BOOLEAN NOT NULL,
    ReadCount INTEGER NOT NULL,
    ActiveRows INTEGER NOT NULL,
    PRIMARY KEY (TableName, Source, RunID)
) WITHOUT ROWID;

-- One row a changed row, never one a field. Old: the values before, a JSON
-- object of the columns that changed; NULL for an insert, whose values are in
-- the row itself or in the next change's Old. RowHash: the hash of
-- the row as it was written, by which an undo knows that nothing newer happened.
CREATE TABLE amsx_change (
    RunID     INTEGER NOT NULL,
    TableName TEXT NOT NULL,
    RowID     INTEGER NOT NULL,
    Action    TEXT NOT NULL,
    Line      INTEGER NOT NULL,
    Source    TEXT,
    Old       TEXT,
    RowHash   INTEGER,
    PRIMARY KEY (RunID, TableName, RowID)
) WITHOUT ROWID;

-- What a transformation last wrote to a column with keep="edited".
CREATE TABLE amsx_written (
    Transformation TEXT NOT NULL,
    TableName      TEXT NOT NULL,
    RowID          INTEGER NOT NULL,
    ColumnName     TEXT NOT NULL,
    ValueHash      INTEGER NOT NULL,
    PRIMARY KEY (Transformation, TableName, RowID, ColumnName)
) WITHOUT ROWID;

-- The highest fencing token that began a run of a transformation. A run with a
-- lower one has lost its lease and may write nothing more.
CREATE TABLE amsx_fence (
    Transformation TEXT PRIMARY KEY,
    Fence          INTEGER NOT NULL
) WITHOUT ROWID;

PRAGMA user_version = 1;
