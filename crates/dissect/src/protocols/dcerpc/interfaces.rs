//! Interfaces by their UUID: OPC Classic, and those of Windows that matter for an intruder's way through a plant.

use crate::emit::Operations;
use crate::reader::Reader;
use model::{Operation, OperationClass as Class};

/// An interface.
pub(super) struct Interface {
    uuid: u128,
    /// What a server that has it offers, where that is worth a fact.
    pub(super) service: Option<&'static str>,
    /// Code in [`CALLS`] of a bind to it.
    pub(super) bind: u32,
    /// Operation numbers that mean something, with their code in [`CALLS`].
    calls: &'static [(u16, u32)],
}

impl Interface {
    /// The code of an operation; 0 when it means nothing special.
    pub(super) fn call(&self, operation: u16) -> u32 {
        self.calls.iter().find(|(number, _)| *number == operation).map_or(0, |(_, code)| *code)
    }
}

/// Finds an interface by a UUID as it is on the wire: its first three parts in the byte order of the packet (C706 A.1).
pub(super) fn find(wire: &[u8], little: bool) -> Option<&'static Interface> {
    let mut r = Reader::new(wire);
    let (a, b, c) = match little {
        true => (r.u32_le().ok()?, r.u16_le().ok()?, r.u16_le().ok()?),
        false => (r.u32().ok()?, r.u16().ok()?, r.u16().ok()?),
    };
    let rest = r.u64().ok()?;
    let uuid = u128::from(a) << 96 | u128::from(b) << 80 | u128::from(c) << 64 | u128::from(rest);
    INTERFACES.iter().find(|i| i.uuid == uuid)
}

const fn of(uuid: u128, service: Option<&'static str>, bind: u32, calls: &'static [(u16, u32)]) -> Interface {
    Interface { uuid, service, bind, calls }
}

const DA: Option<&str> = Some("OPC DA");
const HDA: Option<&str> = Some("OPC HDA");
const AE: Option<&str> = Some("OPC AE");

/// Operation numbers count from the three of IUnknown (MS-DCOM 3.1.1.5.6): the first own operation is 3.
static INTERFACES: &[Interface] = &[
    // OPC Data Access 2.05a and 3.0, interface definition opcda.idl.
    of(0x39c13a4d_011e_11d0_9675_0020afd8adb3, DA, 1, &[(3, 10), (5, 11), (6, 12), (7, 13)]), // IOPCServer
    of(0x39c13a4e_011e_11d0_9675_0020afd8adb3, DA, 1, &[]), // IOPCServerPublicGroups
    of(0x39c13a4f_011e_11d0_9675_0020afd8adb3, DA, 1, &[(4, 15), (5, 15)]), // IOPCBrowseServerAddressSpace
    of(0x39c13a50_011e_11d0_9675_0020afd8adb3, DA, 1, &[]), // IOPCGroupStateMgt
    of(0x39c13a52_011e_11d0_9675_0020afd8adb3, DA, 1, &[(3, 16), (4, 17)]), // IOPCSyncIO
    of(0x39c13a53_011e_11d0_9675_0020afd8adb3, DA, 1, &[(3, 16), (4, 17)]), // IOPCAsyncIO
    of(0x39c13a54_011e_11d0_9675_0020afd8adb3, DA, 1, &[(3, 18), (5, 19)]), // IOPCItemMgt
    of(0x39c13a70_011e_11d0_9675_0020afd8adb3, None, 1, &[(3, 20), (4, 20)]), // IOPCDataCallback
    of(0x39c13a71_011e_11d0_9675_0020afd8adb3, DA, 1, &[(3, 16), (4, 17)]), // IOPCAsyncIO2
    of(0x39c13a72_011e_11d0_9675_0020afd8adb3, DA, 1, &[(3, 14), (4, 14)]), // IOPCItemProperties
    of(0x39227004_a18f_4b57_8b0a_5235670f4468, DA, 1, &[(3, 14), (4, 15)]), // IOPCBrowse
    of(0x85c0b427_2893_4cbc_bd78_e5fc5146f08f, DA, 1, &[(3, 16), (4, 17)]), // IOPCItemIO
    of(0x730f5f0f_55b1_4c81_9e18_ff8a0904e1fa, DA, 1, &[(3, 16), (4, 17), (5, 16), (6, 17)]), // IOPCSyncIO2
    of(0x0967b97b_36ef_423e_b6f8_6bff1e40d39d, DA, 1, &[(3, 16), (4, 17), (9, 16), (10, 17)]), // IOPCAsyncIO3
    // OPC Historical Data Access 1.2, opchda.idl.
    of(0x1f1217b0_dee0_11d2_a5e5_000086339399, HDA, 2, &[]), // IOPCHDA_Server
    of(0x1f1217b1_dee0_11d2_a5e5_000086339399, HDA, 2, &[]), // IOPCHDA_Browser
    of(0x1f1217b2_dee0_11d2_a5e5_000086339399, HDA, 2, &[(3, 21), (4, 21), (5, 21)]), // IOPCHDA_SyncRead
    of(0x1f1217b3_dee0_11d2_a5e5_000086339399, HDA, 2, &[(4, 22), (5, 22), (6, 22), (7, 22), (8, 22)]), // IOPCHDA_SyncUpdate
    of(0x1f1217b5_dee0_11d2_a5e5_000086339399, HDA, 2, &[(3, 21), (5, 21)]), // IOPCHDA_AsyncRead
    of(0x1f1217b6_dee0_11d2_a5e5_000086339399, HDA, 2, &[(4, 22), (5, 22), (6, 22)]), // IOPCHDA_AsyncUpdate
    // OPC Alarms and Events 1.1, opc_ae.idl.
    of(0x65168851_5783_11d1_84a0_00608cb8a7e9, AE, 3, &[(15, 26), (16, 26), (17, 23)]), // IOPCEventServer
    of(0x65168855_5783_11d1_84a0_00608cb8a7e9, AE, 3, &[]), // IOPCEventSubscriptionMgt
    of(0x6516885f_5783_11d1_84a0_00608cb8a7e9, None, 3, &[(3, 24)]), // IOPCEventSink
    // OPC Common 1.1, opccomn.idl; the server list.
    of(0xf31dfde2_07b6_11d2_b2d8_0060083ba1fb, Some("OPC"), 4, &[]), // IOPCCommon
    of(0x13486d50_4821_11d2_a494_3cb306c10000, Some("OPC server list"), 4, &[(3, 25), (4, 25)]), // IOPCServerList
    of(0x9dd0b56c_ad9e_43ee_8305_487f3188bf7a, Some("OPC server list"), 4, &[(3, 25), (4, 25)]), // IOPCServerList2
    // Windows: MS-RPCE, MS-DCOM, MS-SCMR, MS-SRVS, MS-SAMR, MS-LSAD, MS-NRPC, MS-TSCH, MS-RRP, MS-RPRN, MS-WMI, MS-DRSR (section 1.9 each).
    of(0xe1af8308_5d1f_11c9_91a4_08002b14a0fa, None, 30, &[]), // end point mapper
    of(0x99fcfec4_5260_101b_bbcb_00aa0021347a, None, 31, &[(0, 50), (4, 50), (5, 51)]), // IObjectExporter
    of(0x4d9f4ab8_7d1c_11cf_861e_0020af6e7c57, None, 31, &[(0, 46)]), // IActivation
    of(0x000001a0_0000_0000_c000_000000000046, None, 31, &[(3, 46), (4, 46)]), // IRemoteSCMActivator
    of(0x367abb81_9844_35f1_ad32_98f038001003, None, 32, &SERVICE_CONTROL), // service control
    of(0x4b324fc8_1670_01d3_1278_5a47bf6ee188, None, 33, &[]), // server service
    of(0x12345778_1234_abcd_ef00_0123456789ac, None, 34, &[]), // security accounts
    of(0x12345778_1234_abcd_ef00_0123456789ab, None, 35, &[]), // local security authority
    of(0x12345678_1234_abcd_ef00_01234567cffb, None, 36, &[]), // netlogon
    of(0x86d35949_83c9_4044_b424_db363231fd0c, None, 37, &[(1, 49)]), // task scheduler
    of(0x1ff70682_0a51_30e8_076d_740be8cee98b, None, 37, &[(0, 49)]), // task scheduler, AT
    of(0x338cd001_2244_31f1_aaaa_900038001003, None, 38, &[]), // remote registry
    of(0x12345678_1234_abcd_ef00_0123456789ab, None, 39, &[]), // print spooler
    of(0x9556dc99_828c_11cf_a37e_00aa003240c7, None, 40, &[]), // WMI services
    of(0xe3514235_4b06_11d1_ab04_00c04fc2dcd2, None, 41, &[]), // directory replication
    of(0x76f03f96_cdfd_44fc_a22c_64950a001209, None, 39, &[]), // print spooler, asynchronous
];

/// MS-SCMR 3.1.4: a service is made, also for 32-bit programs (44, 45, 60), or started.
static SERVICE_CONTROL: [(u16, u32); 7] =
    [(12, 47), (24, 47), (44, 47), (45, 47), (60, 47), (19, 48), (31, 48)];

/// The call whose answer says what an OPC DA server is.
pub(super) const GET_STATUS: u32 = 12;
/// Calls whose answers say on which ports objects are called (MS-DCOM 3.1.2.5).
pub(super) const RESOLVES: [u32; 3] = [46, 50, 51];

const fn op(name: &'static str, code: u32, class: Class) -> Operation {
    Operation::new(name, code, class)
}

/// What the interfaces are used for; the codes are the project's own. An interface's operation numbers are those of its definition.
pub(super) static CALLS: Operations = Operations {
    prefix: "call",
    list: &[
        op("bind_opc_da", 1, Class::Session),
        op("bind_opc_hda", 2, Class::Session),
        op("bind_opc_ae", 3, Class::Session),
        op("bind_opc_common", 4, Class::Session),
        op("opc_da_add_group", 10, Class::Session),
        op("opc_da_get_group", 11, Class::Session),
        op("opc_da_get_status", 12, Class::Diagnostic),
        op("opc_da_remove_group", 13, Class::Session),
        op("opc_da_browse_properties", 14, Class::Discovery),
        op("opc_da_browse", 15, Class::Discovery),
        op("opc_da_read", 16, Class::Read),
        op("opc_da_write", 17, Class::Write),
        op("opc_da_add_items", 18, Class::Session),
        op("opc_da_remove_items", 19, Class::Session),
        op("opc_da_data_change", 20, Class::Read),
        op("opc_hda_read", 21, Class::Read),
        op("opc_hda_update", 22, Class::Write),
        op("opc_ae_acknowledge", 23, Class::Command),
        op("opc_ae_event", 24, Class::Read),
        op("opc_enumerate_servers", 25, Class::Discovery),
        op("opc_ae_disable_condition", 26, Class::Configuration),
        op("bind_end_point_mapper", 30, Class::Discovery),
        op("bind_dcom_activation", 31, Class::Session),
        op("bind_service_control", 32, Class::Session),
        op("bind_server_service", 33, Class::Session),
        op("bind_security_accounts", 34, Class::Session),
        op("bind_local_security", 35, Class::Session),
        op("bind_netlogon", 36, Class::Authentication),
        op("bind_task_scheduler", 37, Class::Session),
        op("bind_remote_registry", 38, Class::Session),
        op("bind_print_spooler", 39, Class::Session),
        op("bind_wmi", 40, Class::Session),
        op("bind_directory_replication", 41, Class::Session),
        op("dcom_create_instance", 46, Class::Session),
        op("create_service", 47, Class::Configuration),
        op("start_service", 48, Class::ModeChange),
        op("register_task", 49, Class::Configuration),
        op("dcom_resolve_object", 50, Class::Session),
        op("dcom_server_alive", 51, Class::Discovery),
    ],
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_has_a_name() {
        let known = |code| CALLS.list.binary_search_by_key(&code, |o: &Operation| o.code).is_ok();
        for interface in INTERFACES {
            assert!(known(interface.bind));
            assert!(interface.calls.iter().all(|(_, code)| known(*code)));
        }
        assert!(CALLS.list.is_sorted_by_key(|o| o.code));
    }
}
