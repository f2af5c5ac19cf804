-- +goose Up

-- The site's settings, as SpecialOption and SaveOption know them. Context: whom
-- a value is for, a user or COLL- and a collection server; NULL for everyone.
-- No two rows are for the same; the second index says so for those without one,
-- because a UNIQUE lets NULL stand twice.
CREATE TABLE SpecialOption (
    SpecialOptionID   INTEGER PRIMARY KEY AUTOINCREMENT,
    SpecialOptionCode TEXT NOT NULL COLLATE NOCASE,
    Context           TEXT COLLATE NOCASE,
    Value             TEXT NOT NULL,
    UNIQUE (SpecialOptionCode, Context)
);
CREATE UNIQUE INDEX SpecialOption_Everyone ON SpecialOption (SpecialOptionCode) WHERE Context IS NULL;

PRAGMA user_version = 4;
