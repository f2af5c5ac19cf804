-- +goose Up

-- The run that this one took back; 0 for a run of a script.
ALTER TABLE Run ADD COLUMN UndoOf INTEGER NOT NULL DEFAULT 0;
-- What the run did that no undo takes back: JSON arrays of statements that
-- changed the site's tables, and of what was done to files.
ALTER TABLE Run ADD COLUMN Altered TEXT NOT NULL DEFAULT '[]';
ALTER TABLE Run ADD COLUMN Files TEXT NOT NULL DEFAULT '[]';
