//! Windows management: calls over DCE/RPC (Zeek, `base/protocols/dce-rpc`). A line is a call and its answer.

use super::super::say::{Log, Phase, Say, Whom};
use super::log;
use model::{Attribute, Confidence, Text};

pub(super) static LOGS: &[Log] = &[Log { read: call, ..log("dce_rpc", "dcerpc") }];

/// Zeek's words for the calls that matter on an intruder's way, and the dissector's.
static CALLS: &[(&str, &str, &str)] = &[
    ("svcctl", "CreateServiceW", "create_service"),
    ("svcctl", "CreateServiceA", "create_service"),
    ("svcctl", "CreateServiceWOW64W", "create_service"),
    ("svcctl", "CreateServiceWOW64A", "create_service"),
    ("svcctl", "CreateWowService", "create_service"),
    ("svcctl", "StartServiceW", "start_service"),
    ("svcctl", "StartServiceA", "start_service"),
    ("atsvc", "NetrJobAdd", "register_task"),
    ("ITaskSchedulerService", "SchRpcRegisterTask", "register_task"),
    ("ISystemActivator", "RemoteCreateInstance", "dcom_create_instance"),
    ("IActivation", "RemoteActivation", "dcom_create_instance"),
    ("IObjectExporter", "ResolveOxid", "dcom_resolve_object"),
    ("IObjectExporter", "ResolveOxid2", "dcom_resolve_object"),
    ("IObjectExporter", "ServerAlive2", "dcom_server_alive"),
    ("IOXIDResolver", "ResolveOxid", "dcom_resolve_object"),
    ("IOXIDResolver", "ResolveOxid2", "dcom_resolve_object"),
    ("IOXIDResolver", "ServerAlive2", "dcom_server_alive"),
];

/// Interfaces that Zeek has no name for are named by their UUID: OPC DA (opcda.idl), HDA (opchda.idl), A&E (opc_ae.idl).
static OPC: &[(&str, &str)] = &[
    ("39c13a4d-011e-11d0-9675-0020afd8adb3", "OPC DA"),
    ("39c13a52-011e-11d0-9675-0020afd8adb3", "OPC DA"),
    ("39c13a54-011e-11d0-9675-0020afd8adb3", "OPC DA"),
    ("39c13a71-011e-11d0-9675-0020afd8adb3", "OPC DA"),
    ("1f1217b0-dee0-11d2-a5e5-000086339399", "OPC HDA"),
    ("1f1217b2-dee0-11d2-a5e5-000086339399", "OPC HDA"),
    ("65168851-5783-11d1-84a0-00608cb8a7e9", "OPC AE"),
];

fn call(say: &mut Say<'_>) {
    say.answered = say.get("rtt").is_some();
    let endpoint = say.get("endpoint").unwrap_or_default().into_owned();
    let called = say.get("operation").unwrap_or_default().into_owned();
    let uuid = endpoint.to_ascii_lowercase();
    if let Some((_, service)) = OPC.iter().find(|(known, _)| uuid.ends_with(known)) {
        let (text, sure) = (Text::new(service), Confidence::LIKELY);
        say.tell(Whom::Server, None, Attribute::Capability, text, "endpoint", sure);
    }
    let known = CALLS.iter().find(|(on, name, _)| *on == endpoint && *name == called);
    let Some((_, _, ours)) = known else { return };
    let operation = say.named(ours, &[]);
    say.operation(operation.clone(), Phase::Request, "operation");
    if say.answered {
        say.operation(operation, Phase::Response, "operation");
    }
}
