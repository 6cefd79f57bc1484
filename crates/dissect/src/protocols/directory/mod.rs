//! Directory services: LDAP and Kerberos, and the piece of ASN.1 both need.

mod ber;
mod kerberos;
mod ldap;

pub(super) use kerberos::Kerberos;
pub(super) use ldap::Ldap;
