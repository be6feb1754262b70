CREATE TABLE IF NOT EXISTS documents (
    collection TEXT NOT NULL,
    id TEXT NOT NULL,
    project INTEGER,
    ord INTEGER NOT NULL,
    version INTEGER NOT NULL,
    json BLOB NOT NULL,
    PRIMARY KEY (collection, id)
) STRICT;

CREATE INDEX IF NOT EXISTS documents_in_order ON documents (collection, ord DESC, id, project);
CREATE INDEX IF NOT EXISTS documents_of_project ON documents (collection, project, ord DESC, id);

-- The last version given to any document. One row, for ever: a version that repeats would break compare-and-set.
CREATE TABLE IF NOT EXISTS versions (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    last INTEGER NOT NULL
) STRICT;

INSERT OR IGNORE INTO versions (one, last) VALUES (1, 0);
