-- +goose Up

-- Which site this is, so that a plan that was made for another one is refused.
CREATE TABLE amsx_site (
    SiteID TEXT NOT NULL
);
INSERT INTO amsx_site(SiteID) VALUES (lower(hex(randomblob(16))));

-- The plans that were applied, each once, by the run that applied it. Made is
-- when the plan's own run began to read.
CREATE TABLE amsx_plan (
    PlanID TEXT PRIMARY KEY,
    RunID  INTEGER NOT NULL,
    Made   DATETIME NOT NULL
) WITHOUT ROWID;

PRAGMA user_version = 5;
