//! Rust types as Arrow columns: what a row's fields become.

use std::sync::Arc;

use arrow_array::builder::{BooleanBuilder, StringBuilder};
use arrow_array::types::{Float64Type, Int32Type, Int64Type, TimestampMicrosecondType};
use arrow_array::{ArrayRef, ListArray, PrimitiveArray, StructArray};
use arrow_schema::{ArrowError, DataType, Field, FieldRef, TimeUnit};
use serde::{Deserialize, Serialize};

/// A type that is a column.
pub trait Column: Sized {
    /// True if there may be no value.
    const IS_NULLABLE: bool = false;

    /// The column's type.
    fn data_type() -> DataType;

    /// The values one after the other; `None` where the whole row has none.
    ///
    /// # Errors
    /// More values than a list of Arrow can hold.
    fn array(values: &[Option<&Self>]) -> Result<ArrayRef, ArrowError>;
}

/// A struct whose fields are columns.
pub trait Record: Sized {
    /// The columns, in order.
    fn fields() -> Vec<FieldRef>;

    /// Their values.
    ///
    /// # Errors
    /// As for [`Column::array`].
    fn columns(values: &[Option<&Self>]) -> Result<Vec<ArrayRef>, ArrowError>;
}

/// A field of a type.
pub fn field<T: Column>(name: &str) -> FieldRef {
    Arc::new(Field::new(name, T::data_type(), T::IS_NULLABLE))
}

/// A moment in microseconds (Unix time): what Spark, DuckDB and Parquet keep of one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Moment {
    /// Microseconds.
    pub micros: i64,
}

impl Column for Moment {
    fn data_type() -> DataType {
        DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into()))
    }

    fn array(values: &[Option<&Self>]) -> Result<ArrayRef, ArrowError> {
        let values = values.iter().map(|value| value.map(|moment| moment.micros));
        let array: PrimitiveArray<TimestampMicrosecondType> = values.collect();
        Ok(Arc::new(array.with_timezone("UTC")))
    }
}

impl Column for i64 {
    fn data_type() -> DataType {
        DataType::Int64
    }

    fn array(values: &[Option<&Self>]) -> Result<ArrayRef, ArrowError> {
        Ok(Arc::new(values.iter().map(|value| value.copied()).collect::<PrimitiveArray<Int64Type>>()))
    }
}

impl Column for i32 {
    fn data_type() -> DataType {
        DataType::Int32
    }

    fn array(values: &[Option<&Self>]) -> Result<ArrayRef, ArrowError> {
        Ok(Arc::new(values.iter().map(|value| value.copied()).collect::<PrimitiveArray<Int32Type>>()))
    }
}

impl Column for f64 {
    fn data_type() -> DataType {
        DataType::Float64
    }

    fn array(values: &[Option<&Self>]) -> Result<ArrayRef, ArrowError> {
        Ok(Arc::new(values.iter().map(|value| value.copied()).collect::<PrimitiveArray<Float64Type>>()))
    }
}

impl Column for bool {
    fn data_type() -> DataType {
        DataType::Boolean
    }

    fn array(values: &[Option<&Self>]) -> Result<ArrayRef, ArrowError> {
        let mut builder = BooleanBuilder::with_capacity(values.len());
        values.iter().for_each(|value| builder.append_option(value.copied()));
        Ok(Arc::new(builder.finish()))
    }
}

impl Column for String {
    fn data_type() -> DataType {
        DataType::Utf8
    }

    fn array(values: &[Option<&Self>]) -> Result<ArrayRef, ArrowError> {
        let mut builder = StringBuilder::new();
        values.iter().for_each(|value| builder.append_option(*value));
        Ok(Arc::new(builder.finish()))
    }
}

impl<T: Column> Column for Option<T> {
    const IS_NULLABLE: bool = true;

    fn data_type() -> DataType {
        T::data_type()
    }

    fn array(values: &[Option<&Self>]) -> Result<ArrayRef, ArrowError> {
        T::array(&values.iter().map(|value| value.and_then(Option::as_ref)).collect::<Vec<_>>())
    }
}

impl<T: Column> Column for Vec<T> {
    fn data_type() -> DataType {
        DataType::List(field::<T>("element"))
    }

    fn array(values: &[Option<&Self>]) -> Result<ArrayRef, ArrowError> {
        let mut ends = vec![0_i32];
        let mut elements = Vec::new();
        for value in values {
            elements.extend(value.iter().flat_map(|list| list.iter()).map(Some));
            let end = i32::try_from(elements.len());
            ends.push(end.map_err(|_| ArrowError::OffsetOverflowError(elements.len()))?);
        }
        let elements = T::array(&elements)?;
        Ok(Arc::new(ListArray::try_new(field::<T>("element"), arrow_offsets(ends), elements, None)?))
    }
}

fn arrow_offsets(ends: Vec<i32>) -> arrow_buffer::OffsetBuffer<i32> {
    arrow_buffer::OffsetBuffer::new(ends.into())
}

/// A struct as a column of structs.
///
/// # Errors
/// As for [`Column::array`].
pub fn struct_array<T: Record>(values: &[Option<&T>]) -> Result<ArrayRef, ArrowError> {
    Ok(Arc::new(StructArray::try_new(T::fields().into(), T::columns(values)?, None)?))
}

/// Structs whose fields are columns of the same names, in order.
macro_rules! records {
    ($($(#[$about:meta])* $name:ident { $($(#[$doc:meta])* $field:ident: $type:ty,)* })*) => {$(
        $(#[$about])*
        #[derive(Clone, Debug, Default, PartialEq, serde::Serialize, serde::Deserialize)]
        #[serde(default)]
        pub struct $name {
            $($(#[$doc])* pub $field: $type,)*
        }

        impl $crate::column::Record for $name {
            fn fields() -> Vec<arrow_schema::FieldRef> {
                vec![$($crate::column::field::<$type>(stringify!($field)),)*]
            }

            fn columns(
                values: &[Option<&Self>],
            ) -> Result<Vec<arrow_array::ArrayRef>, arrow_schema::ArrowError> {
                Ok(vec![$({
                    let of = values.iter().map(|value| value.map(|value| &value.$field));
                    <$type as $crate::column::Column>::array(&of.collect::<Vec<_>>())?
                },)*])
            }
        }

        impl $crate::column::Column for $name {
            fn data_type() -> arrow_schema::DataType {
                arrow_schema::DataType::Struct(<Self as $crate::column::Record>::fields().into())
            }

            fn array(values: &[Option<&Self>]) -> Result<arrow_array::ArrayRef, arrow_schema::ArrowError> {
                $crate::column::struct_array(values)
            }
        }
    )*};
}
pub(crate) use records;

/// Words that a column may hold, each a variant.
macro_rules! words {
    ($($(#[$about:meta])* $name:ident { $($(#[$doc:meta])* $variant:ident = $word:literal,)* })*) => {$(
        $(#[$about])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
        pub enum $name {
            $($(#[$doc])* #[serde(rename = $word)] $variant,)*
        }

        impl $name {
            /// The word in the column.
            pub const fn word(self) -> &'static str {
                match self { $(Self::$variant => $word,)* }
            }
        }

        impl std::str::FromStr for $name {
            type Err = String;

            fn from_str(word: &str) -> Result<Self, String> {
                match word {
                    $($word => Ok(Self::$variant),)*
                    _ => Err([$($word),*].join(", ")),
                }
            }
        }

        impl $crate::column::Column for $name {
            fn data_type() -> arrow_schema::DataType {
                arrow_schema::DataType::Utf8
            }

            fn array(values: &[Option<&Self>]) -> Result<arrow_array::ArrayRef, arrow_schema::ArrowError> {
                let words: arrow_array::StringArray =
                    values.iter().map(|value| value.map(|value| value.word())).collect();
                Ok(std::sync::Arc::new(words))
            }
        }
    )*};
}
pub(crate) use words;
