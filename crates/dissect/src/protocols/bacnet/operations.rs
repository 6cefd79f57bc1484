//! Services by class (clauses 13 to 17 and 21; J.2 and 6.4 for link and network).

use crate::emit::{Counter, Operations};
use model::{Operation, OperationClass as Class};

/// Functions of the virtual link.
pub(super) static BVLC: Counter = Counter { protocol: "bacnet", name: "link_function" };
/// Messages between routers.
pub(super) static NETWORK: Counter = Counter { protocol: "bacnet", name: "network_message" };

/// Added to the codes of unconfirmed services, of link functions and of messages between routers.
pub(super) const UNCONFIRMED: u32 = 0x100;
pub(super) const LINK: u32 = 0x200;
pub(super) const ROUTING: u32 = 0x300;

const fn op(name: &'static str, code: u32, class: Class) -> Operation {
    Operation::new(name, code, class)
}

/// Confirmed services as they are on the wire; the others with what is added to them.
pub(super) static OPERATIONS: Operations = Operations {
    prefix: "service",
    list: &[
        op("acknowledge_alarm", 0, Class::Command),
        op("confirmed_cov_notification", 1, Class::Read),
        op("confirmed_event_notification", 2, Class::Read),
        op("get_alarm_summary", 3, Class::Diagnostic),
        op("get_enrollment_summary", 4, Class::Diagnostic),
        op("subscribe_cov", 5, Class::Session),
        op("atomic_read_file", 6, Class::File),
        op("atomic_write_file", 7, Class::File),
        op("add_list_element", 8, Class::Configuration),
        op("remove_list_element", 9, Class::Configuration),
        op("create_object", 10, Class::Configuration),
        op("delete_object", 11, Class::Configuration),
        op("read_property", 12, Class::Read),
        op("read_property_conditional", 13, Class::Read),
        op("read_property_multiple", 14, Class::Read),
        op("write_property", 15, Class::Write),
        op("write_property_multiple", 16, Class::Write),
        op("device_communication_control", 17, Class::ModeChange),
        op("confirmed_private_transfer", 18, Class::Other),
        op("confirmed_text_message", 19, Class::Other),
        op("reinitialize_device", 20, Class::Restart),
        op("vt_open", 21, Class::Session),
        op("vt_close", 22, Class::Session),
        op("vt_data", 23, Class::Other),
        op("authenticate", 24, Class::Authentication),
        op("request_key", 25, Class::Authentication),
        op("read_range", 26, Class::Read),
        op("life_safety_operation", 27, Class::Command),
        op("subscribe_cov_property", 28, Class::Session),
        op("get_event_information", 29, Class::Diagnostic),
        op("subscribe_cov_property_multiple", 30, Class::Session),
        op("confirmed_cov_notification_multiple", 31, Class::Read),
        op("confirmed_audit_notification", 32, Class::Read),
        op("audit_log_query", 33, Class::Read),
        op("authentication_request", 34, Class::Authentication),
        op("i_am", UNCONFIRMED, Class::Discovery),
        op("i_have", UNCONFIRMED | 1, Class::Discovery),
        op("unconfirmed_cov_notification", UNCONFIRMED | 2, Class::Read),
        op("unconfirmed_event_notification", UNCONFIRMED | 3, Class::Read),
        op("unconfirmed_private_transfer", UNCONFIRMED | 4, Class::Other),
        op("unconfirmed_text_message", UNCONFIRMED | 5, Class::Other),
        op("time_synchronization", UNCONFIRMED | 6, Class::Time),
        op("who_has", UNCONFIRMED | 7, Class::Discovery),
        op("who_is", UNCONFIRMED | 8, Class::Discovery),
        op("utc_time_synchronization", UNCONFIRMED | 9, Class::Time),
        op("write_group", UNCONFIRMED | 10, Class::Write),
        op("unconfirmed_cov_notification_multiple", UNCONFIRMED | 11, Class::Read),
        op("unconfirmed_audit_notification", UNCONFIRMED | 12, Class::Read),
        op("who_am_i", UNCONFIRMED | 13, Class::Discovery),
        op("you_are", UNCONFIRMED | 14, Class::Configuration),
        op("write_broadcast_table", LINK | 1, Class::Configuration),
        op("read_broadcast_table", LINK | 2, Class::Discovery),
        op("register_foreign_device", LINK | 5, Class::Session),
        op("read_foreign_device_table", LINK | 6, Class::Discovery),
        op("delete_foreign_device", LINK | 8, Class::Configuration),
        op("who_is_router", ROUTING, Class::Discovery),
        op("i_could_be_router", ROUTING | 2, Class::Discovery),
        op("reject_message_to_network", ROUTING | 3, Class::Other),
        op("router_busy", ROUTING | 4, Class::Other),
        op("router_available", ROUTING | 5, Class::Other),
        op("initialize_routing_table", ROUTING | 6, Class::Configuration),
        op("establish_connection", ROUTING | 8, Class::Session),
        op("disconnect_connection", ROUTING | 9, Class::Session),
        // Network security (135-2016, 24), taken out of the standard in favour of BACnet/SC.
        op("security_challenge", ROUTING | 0x0a, Class::Authentication),
        op("security_payload", ROUTING | 0x0b, Class::Other),
        op("security_response", ROUTING | 0x0c, Class::Other),
        op("request_key_update", ROUTING | 0x0d, Class::Authentication),
        op("update_key_set", ROUTING | 0x0e, Class::Configuration),
        op("update_distribution_key", ROUTING | 0x0f, Class::Configuration),
        op("request_master_key", ROUTING | 0x10, Class::Authentication),
        op("set_master_key", ROUTING | 0x11, Class::Configuration),
        op("what_is_network_number", ROUTING | 0x12, Class::Discovery),
    ],
};
