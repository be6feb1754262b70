//! The statements over the one table of documents.

use rusqlite::{Connection, OptionalExtension, Row, Statement, ToSql, Transaction, TransactionBehavior, named_params, params};
use schemas::ids::ProjectId;

use crate::catalog::{Collection, Draft, Expect, Kept, List, Version, Write, Written};

const COLUMNS: &str = "id, project, ord, version, json";

/// The documents of these ids, in order.
pub(super) fn get(connection: &mut Connection, collection: Collection, ids: &[String]) -> rusqlite::Result<Vec<Option<Kept>>> {
    // One transaction, so that all are of the same moment.
    let transaction = connection.transaction()?;
    let found = {
        let mut one = transaction.prepare_cached(&format!("SELECT {COLUMNS} FROM documents WHERE collection = ?1 AND id = ?2"))?;
        ids.iter().map(|id| one.query_row(params![collection.name(), id], kept).optional()).collect()
    };
    transaction.finish()?;
    found
}

/// All writes in one transaction.
pub(super) fn write(connection: &mut Connection, collection: Collection, writes: Vec<Write>) -> rusqlite::Result<Vec<Written>> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let mut version: i64 = transaction.query_row("SELECT last FROM versions", [], |row| row.get(0))?;
    let before = version;
    let mut written = Vec::with_capacity(writes.len());
    for write in writes {
        written.push(write_one(&transaction, collection.name(), write, &mut version)?);
    }
    if version == before {
        transaction.rollback()?;
    } else {
        transaction.execute("UPDATE versions SET last = ?1", [version])?;
        transaction.commit()?;
    }
    Ok(written)
}

fn write_one(transaction: &Transaction<'_>, collection: &str, write: Write, version: &mut i64) -> rusqlite::Result<Written> {
    let expect = match write {
        Write::Put(_, expect) | Write::Delete(_, expect) => expect,
    };
    if !holds(transaction, collection, write.id(), expect)? {
        return Ok(Written::Conflict);
    }
    *version += 1;
    match write {
        Write::Put(draft, _) => transaction
            .prepare_cached(
                "INSERT INTO documents (collection, id, project, ord, version, json) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
                 ON CONFLICT (collection, id) DO UPDATE SET project = ?3, ord = ?4, version = ?5, json = ?6",
            )?
            .execute(params![collection, draft.id, draft.project.map(number), draft.order, *version, draft.json])?,
        Write::Delete(id, _) => {
            transaction.prepare_cached("DELETE FROM documents WHERE collection = ?1 AND id = ?2")?.execute(params![collection, id])?
        }
    };
    Ok(Written::Done(Version(version.cast_unsigned(), 0)))
}

fn holds(transaction: &Transaction<'_>, collection: &str, id: &str, expect: Expect) -> rusqlite::Result<bool> {
    if expect == Expect::Any {
        return Ok(true);
    }
    let mut statement = transaction.prepare_cached("SELECT version FROM documents WHERE collection = ?1 AND id = ?2")?;
    let there: Option<i64> = statement.query_row(params![collection, id], |row| row.get(0)).optional()?;
    Ok(match expect {
        Expect::Any => true,
        Expect::Absent => there.is_none(),
        Expect::Version(version) => there.is_some_and(|there| Version(there.cast_unsigned(), 0) == version),
    })
}

/// One page. A single project is read from its own index. Several are picked out of the index of all, whose entries
/// hold the project: sorting all that belongs to them would cost more.
pub(super) fn list(connection: &mut Connection, collection: Collection, list: &List) -> rusqlite::Result<Vec<Kept>> {
    let limit = i64::try_from(list.limit).unwrap_or(i64::MAX);
    let (order, id) = match &list.after {
        Some((order, id)) => (Some(*order), id.as_str()),
        None => (None, ""),
    };
    let of_project = match list.projects.as_deref() {
        None => "",
        Some([]) => return Ok(Vec::new()),
        Some([_]) => "AND project = :projects",
        Some(_) => "AND +project IN (SELECT value FROM json_each(:projects))",
    };
    let after = if order.is_some() { "AND ord <= :order AND (ord < :order OR id > :id)" } else { "" };
    let sql =
        format!("SELECT {COLUMNS} FROM documents WHERE collection = :collection {of_project} {after} ORDER BY ord DESC, id LIMIT :limit");
    let mut statement = connection.prepare_cached(&sql)?;
    let projects: Option<Box<dyn ToSql>> = list.projects.as_deref().map(|projects| match projects {
        [one] => Box::new(number(*one)) as Box<dyn ToSql>,
        many => Box::new(format!("[{}]", many.iter().map(|id| number(*id).to_string()).collect::<Vec<_>>().join(","))),
    });
    for (name, value) in named_params! { ":collection": collection.name(), ":limit": limit, ":order": order, ":id": id } {
        bind(&mut statement, name, value)?;
    }
    if let Some(projects) = &projects {
        bind(&mut statement, ":projects", projects)?;
    }
    let mut rows = statement.raw_query();
    let mut page = Vec::new();
    while let Some(row) = rows.next()? {
        page.push(kept(row)?);
    }
    Ok(page)
}

/// Takes everything over from the write-ahead log and cuts it to nothing. Waits for readers of other processes as long as
/// for their writes.
pub(super) fn compact(connection: &mut Connection) -> rusqlite::Result<()> {
    let busy: bool = connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0))?;
    if busy {
        let busy = rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_BUSY);
        return Err(rusqlite::Error::SqliteFailure(busy, Some("another process reads it all the time".into())));
    }
    Ok(())
}

/// Gives a parameter its value, if the statement has it.
fn bind(statement: &mut Statement<'_>, name: &str, value: &dyn ToSql) -> rusqlite::Result<()> {
    match statement.parameter_index(name)? {
        Some(index) => statement.raw_bind_parameter(index, value),
        None => Ok(()),
    }
}

fn kept(row: &Row<'_>) -> rusqlite::Result<Kept> {
    let project: Option<i64> = row.get(1)?;
    let draft = Draft { id: row.get(0)?, project: project.map(|p| ProjectId(p.cast_unsigned())), order: row.get(2)?, json: row.get(4)? };
    let version: i64 = row.get(3)?;
    Ok(Kept { draft, version: Version(version.cast_unsigned(), 0) })
}

/// SQLite's integers are signed; the bits stay the same.
fn number(project: ProjectId) -> i64 {
    project.0.cast_signed()
}
