//! The parameters of lists in the API's description: from the same columns that filter and sort.

use crate::query::{Filter, LIMIT_MAX, Row};
use std::marker::PhantomData;
use utoipa::IntoParams;
use utoipa::openapi::path::{Parameter, ParameterBuilder, ParameterIn};
use utoipa::openapi::schema::{ArrayBuilder, ObjectBuilder, Type};

/// The parameters of a list, for the API's description.
pub(crate) struct Parameters<T: 'static>(PhantomData<T>);

impl<T: Row> IntoParams for Parameters<T> {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        let text = || ObjectBuilder::new().schema_type(Type::String);
        let words = |words: &[&'static str]| text().enum_values(Some(words.iter().copied()));
        let sorts: Vec<&str> = T::COLUMNS.iter().filter(|c| c.sort.is_some()).map(|c| c.name).collect();
        let limits =
            ObjectBuilder::new().schema_type(Type::Integer).minimum(Some(1)).maximum(Some(LIMIT_MAX));
        let mut all = vec![
            parameter("q", "Words that must all occur somewhere in the row", text()),
            parameter("sort", "Column to sort by", words(&sorts)),
            parameter("order", "Direction", words(&["asc", "desc"])),
            parameter("cursor", "Where the page begins: `next` of the page before", text()),
            parameter("limit", "Rows on a page; 100 when absent", limits),
        ];
        for column in T::COLUMNS {
            let values = match column.filter {
                Filter::No => continue,
                Filter::Any(_) => text(),
                Filter::Words(list, _) => words(list),
            };
            let what = format!("{}; repeat it for one or another", column.what);
            all.push(parameter(column.name, &what, ArrayBuilder::new().items(values)));
        }
        all
    }
}

fn parameter(
    name: &str,
    what: &str,
    schema: impl Into<utoipa::openapi::RefOr<utoipa::openapi::Schema>>,
) -> Parameter {
    ParameterBuilder::new()
        .name(name)
        .parameter_in(ParameterIn::Query)
        .required(utoipa::openapi::Required::False)
        .description(Some(what))
        .schema(Some(schema))
        .build()
}
