//! Rows as Arrow: the nested row that goes over the wire, and the flat tables that are kept.

use std::sync::Arc;

use arrow_array::{ArrayRef, RecordBatch};
use arrow_ipc::writer::StreamWriter;
use arrow_schema::{ArrowError, FieldRef, Schema};

use crate::column::{Column, Record, field, records};
use crate::row::{Bundle, ErrorKind, Finding, Group, HeapSite, Key, Ledger, Row, Subject};

records! {
    /// A bundle of which nothing could be used.
    Error {
        /// Why.
        kind: Option<ErrorKind>,
        /// In words.
        message: Option<String>,
        /// The file in the bundle.
        path: Option<String>,
        /// How often it was tried.
        attempts: i32,
    }
}

/// A flat table: what each of its rows has beside the key.
#[derive(Clone, Copy, Debug)]
pub struct Table {
    /// The folder of its files.
    pub name: &'static str,
    /// What a row is.
    pub about: &'static str,
    fields: fn() -> Vec<FieldRef>,
    fill: fn(&[Row]) -> Result<Vec<ArrayRef>, ArrowError>,
}

/// The only list of tables.
pub const TABLES: [Table; 7] = [
    Table {
        name: "bundles",
        about: "a bundle, whatever became of it",
        fields: Bundle::fields,
        fill: |rows| with_keys(rows, |row| std::slice::from_ref(&row.bundle)),
    },
    Table {
        name: "subjects",
        about: "a process or container of a bundle",
        fields: Subject::fields,
        fill: |rows| with_keys(rows, |row| &row.subjects),
    },
    Table {
        name: "findings",
        about: "something that was found",
        fields: Finding::fields,
        fill: |rows| with_keys(rows, |row| &row.findings),
    },
    Table {
        name: "groups",
        about: "goroutines with one stack, state and creator",
        fields: Group::fields,
        fill: |rows| with_keys(rows, |row| &row.groups),
    },
    Table {
        name: "heap_sites",
        about: "what a line has on the heap",
        fields: HeapSite::fields,
        fill: |rows| with_keys(rows, |row| &row.heap_sites),
    },
    Table {
        name: "ledger",
        about: "a step of the memory reconciliation",
        fields: Ledger::fields,
        fill: |rows| with_keys(rows, |row| &row.ledger),
    },
    Table {
        name: "errors",
        about: "a bundle of which nothing could be used",
        fields: Error::fields,
        fill: errors,
    },
];

impl Table {
    /// Its columns, the key's first. The night is not among them: it is in the files' path.
    pub fn schema(&self) -> Schema {
        let key = Key::fields().into_iter().filter(|field| field.name() != "date");
        Schema::new(key.chain((self.fields)()).collect::<Vec<_>>())
    }

    /// What rows give to it.
    ///
    /// # Errors
    /// More values than Arrow can hold.
    pub fn batch(&self, rows: &[Row]) -> Result<RecordBatch, ArrowError> {
        RecordBatch::try_new(Arc::new(self.schema()), (self.fill)(rows)?)
    }
}

/// The columns of a part of each row, with the row's key beside each.
fn with_keys<'r, T: Record + 'r>(
    rows: &'r [Row],
    parts: impl Fn(&'r Row) -> &'r [T],
) -> Result<Vec<ArrayRef>, ArrowError> {
    let pairs = rows.iter().flat_map(|row| parts(row).iter().map(move |part| (Some(&row.key), Some(part))));
    let (keys, parts): (Vec<_>, Vec<_>) = pairs.unzip();
    Ok(keys_of(&keys)?.into_iter().chain(T::columns(&parts)?).collect())
}

/// The key's columns but the night.
fn keys_of(keys: &[Option<&Key>]) -> Result<Vec<ArrayRef>, ArrowError> {
    let columns = Key::fields().into_iter().zip(Key::columns(keys)?);
    Ok(columns.filter(|(field, _)| field.name() != "date").map(|(_, column)| column).collect())
}

fn errors(rows: &[Row]) -> Result<Vec<ArrayRef>, ArrowError> {
    let failed: Vec<(&Key, Error)> = rows
        .iter()
        .filter(|row| row.bundle.error_kind.is_some())
        .map(|row| {
            let bundle = &row.bundle;
            let error = Error {
                kind: bundle.error_kind,
                message: bundle.error.clone(),
                path: bundle.error_path.clone(),
                attempts: bundle.attempts,
            };
            (&row.key, error)
        })
        .collect();
    let keys: Vec<_> = failed.iter().map(|(key, _)| Some(*key)).collect();
    let errors: Vec<_> = failed.iter().map(|(_, error)| Some(error)).collect();
    Ok(keys_of(&keys)?.into_iter().chain(Error::columns(&errors)?).collect())
}

/// The columns of the nested row.
pub fn nested_schema() -> Schema {
    let lists = [
        field::<Vec<Subject>>("subjects"),
        field::<Vec<Finding>>("findings"),
        field::<Vec<Group>>("groups"),
        field::<Vec<HeapSite>>("heap_sites"),
        field::<Vec<Ledger>>("ledger"),
    ];
    Schema::new(Key::fields().into_iter().chain(Bundle::fields()).chain(lists).collect::<Vec<_>>())
}

/// Nested rows.
///
/// # Errors
/// More values than Arrow can hold.
pub fn nested_batch(rows: &[Row]) -> Result<RecordBatch, ArrowError> {
    let keys: Vec<_> = rows.iter().map(|row| Some(&row.key)).collect();
    let bundles: Vec<_> = rows.iter().map(|row| Some(&row.bundle)).collect();
    let mut columns = Key::columns(&keys)?;
    columns.extend(Bundle::columns(&bundles)?);
    columns.push(list(rows, |row| &row.subjects)?);
    columns.push(list(rows, |row| &row.findings)?);
    columns.push(list(rows, |row| &row.groups)?);
    columns.push(list(rows, |row| &row.heap_sites)?);
    columns.push(list(rows, |row| &row.ledger)?);
    RecordBatch::try_new(Arc::new(nested_schema()), columns)
}

fn list<'r, T: Column + 'r>(
    rows: &'r [Row],
    of: impl Fn(&'r Row) -> &'r Vec<T>,
) -> Result<ArrayRef, ArrowError> {
    Vec::<T>::array(&rows.iter().map(|row| Some(of(row))).collect::<Vec<_>>())
}

/// Nested rows as an Arrow IPC stream.
///
/// # Errors
/// As for [`nested_batch`].
pub fn to_ipc(rows: &[Row]) -> Result<Vec<u8>, ArrowError> {
    let batch = nested_batch(rows)?;
    let mut writer = StreamWriter::try_new(Vec::new(), &batch.schema())?;
    writer.write(&batch)?;
    writer.into_inner()
}
