-- +goose Up

-- Rows whose key forms are missing, because another program wrote a Login or
-- an Email that is not plain ASCII: amsx finds them here when a run begins and
-- fills them. The index is empty nearly always.
CREATE INDEX Custodian_Unkeyed ON Custodian (CustodianID)
    WHERE Login IS NOT NULL AND LoginKey IS NULL OR Email IS NOT NULL AND EmailKey IS NULL;

PRAGMA user_version = 2;
