//! Databases: which server in which version, and who signs in. What is asked and answered is passed over.

mod mysql;
mod postgres;
mod tds;

pub(super) use mysql::MySql;
pub(super) use postgres::Postgres;
pub(super) use tds::Tds;
