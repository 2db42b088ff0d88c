//! The columns in writing: `fleet/schema.json`, and the words in which Spark wants them.

use arrow_schema::{DataType, Field, Fields, Schema, TimeUnit};
use serde_json::{Value, json};

use crate::row::SCHEMA;
use crate::tables::{TABLES, nested_schema};

/// Every column of the nested row and of each table: `strata rows --schema`.
pub fn describe() -> Value {
    let tables: serde_json::Map<String, Value> = TABLES
        .iter()
        .map(|table| {
            let columns = columns(table.schema().fields());
            (table.name.to_owned(), json!({ "row": table.about, "partition": "date", "columns": columns }))
        })
        .collect();
    let nested = nested_schema();
    json!({
        "schema": SCHEMA,
        "engine": env!("CARGO_PKG_VERSION"),
        "spark": ddl(&nested),
        "row": columns(nested.fields()),
        "tables": tables,
    })
}

fn columns(fields: &Fields) -> Vec<Value> {
    fields
        .iter()
        .map(|field| json!({ "name": field.name(), "type": name(field.data_type()), "nullable": field.is_nullable() }))
        .collect()
}

/// The schema as Spark's DDL; `mapInArrow` matches columns by position, and this is the order.
fn ddl(schema: &Schema) -> String {
    let fields =
        schema.fields().iter().map(|field| format!("`{}` {}", field.name(), name(field.data_type())));
    fields.collect::<Vec<_>>().join(", ")
}

/// The type in Spark's words, which are DuckDB's and Trino's but for lists and structs.
fn name(data_type: &DataType) -> String {
    let members = |fields: &Fields| {
        let members = fields.iter().map(|field| format!("`{}`:{}", field.name(), name(field.data_type())));
        members.collect::<Vec<_>>().join(",")
    };
    let element = |field: &Field| name(field.data_type());
    match data_type {
        DataType::Utf8 => "string".to_owned(),
        DataType::Int32 => "int".to_owned(),
        DataType::Int64 => "bigint".to_owned(),
        DataType::Float64 => "double".to_owned(),
        DataType::Boolean => "boolean".to_owned(),
        DataType::Timestamp(TimeUnit::Microsecond, Some(_)) => "timestamp".to_owned(),
        DataType::List(field) => format!("array<{}>", element(field)),
        DataType::Struct(fields) => format!("struct<{}>", members(fields)),
        other => other.to_string(),
    }
}
