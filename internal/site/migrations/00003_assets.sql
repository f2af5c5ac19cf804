-- +goose Up

-- One row a device or other asset, as the systems that find them tell it.
CREATE TABLE Asset (
    AssetID      INTEGER PRIMARY KEY AUTOINCREMENT,
    Source       TEXT,
    SourceID     TEXT,
    SerialNumber TEXT,
    AssetTag     TEXT,
    AssetName    TEXT,
    AssetType    TEXT,
    Manufacturer TEXT,
    Model        TEXT,
    OSName       TEXT,
    OSVersion    TEXT,
    CustodianID  INTEGER REFERENCES Custodian (CustodianID),
    Status       TEXT,
    Active       BOOLEAN NOT NULL DEFAULT 1 CHECK (Active IN (0, 1)),
    PurchaseDate DATE,
    WarrantyEnd  DATE,
    LastSeen     DATETIME,
    Created      DATETIME,
    LastUpdated  DATETIME,
    UNIQUE (SourceID, Source)
);
-- Two systems know one device by this number; some devices have none.
CREATE INDEX Asset_SerialNumber ON Asset (SerialNumber) WHERE SerialNumber IS NOT NULL;
CREATE INDEX Asset_CustodianID ON Asset (CustodianID) WHERE CustodianID IS NOT NULL;

-- What one unit of a currency is worth in the site's own.
CREATE TABLE Currency (
    CurrencyID   INTEGER PRIMARY KEY AUTOINCREMENT,
    CurrencyCode TEXT NOT NULL UNIQUE,
    Rate         DECIMAL_TEXT COLLATE decimal,
    RateDate     DATE
);

PRAGMA user_version = 3;
