-- +goose Up

-- The values that a change wrote, a JSON object of the columns in Old; NULL
-- for an insert and a delete. With them an undo knows of each field whether
-- somebody changed it since, and the history says what a run wrote also after
-- somebody did.
ALTER TABLE amsx_change ADD COLUMN New TEXT;

-- The run that this one took back; NULL for a run of a script.
ALTER TABLE amsx_run ADD COLUMN Undid INTEGER;

PRAGMA user_version = 6;
