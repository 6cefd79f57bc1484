use super::*;
use crate::engineering::{read, tests::values};

pub(crate) const SAMPLE: &str = r#"<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<RSLogix5000Content SchemaRevision="1.0" SoftwareRevision="35.00" TargetName="Packing" TargetType="Controller" ExportDate="Mon Jan 05 10:00:00 2026">
<Controller Use="Target" Name="Packing" ProcessorType="1756-L82ES" MajorRev="35" MinorRev="11" ProjectSN="16#0012_ab56"
  CommPath="AB_ETHIP-1\10.1.0.9\Backplane\0" LastModifiedDate="Sun Jan 04 09:00:00 2026">
<Description><![CDATA[Line 4]]></Description>
<SafetyInfo SafetyLocked="true" SafetyLevel="SIL2/PLd" SafetySignature="16#abcd_1234"/>
<Modules>
<Module Name="Local" CatalogNumber="1756-L82ES" Vendor="1" ProductType="14" ProductCode="168" Major="35" Minor="11" ParentModule="Local" ParentModPortId="1">
<EKey State="ExactMatch"/>
<Ports><Port Id="1" Address="0" Type="ICP" Upstream="false"><Bus Size="17"/></Port><Port Id="2" Type="Ethernet" Upstream="false"><Bus/></Port></Ports>
</Module>
<Module Name="Bridge" CatalogNumber="1756-EN2T" Vendor="1" ProductType="12" ProductCode="166" Major="11" Minor="1" ParentModule="Local" ParentModPortId="1">
<EKey State="CompatibleModule"/>
<Ports><Port Id="1" Address="3" Type="ICP" Upstream="true"/><Port Id="2" Address="192.168.1.10" Type="Ethernet" Upstream="false"><Bus/></Port></Ports>
</Module>
<Module Name="Rack2" CatalogNumber="5069-AENTR" Vendor="1" ProductType="12" ProductCode="317" Major="4" Minor="1" ParentModule="Bridge" ParentModPortId="2">
<EKey State="CompatibleModule"/>
<Ports><Port Id="1" Address="0" Type="5069" Upstream="false"><Bus Size="32"/></Port><Port Id="2" Address="192.168.1.20" Type="Ethernet" Upstream="true"/></Ports>
</Module>
<Module Name="Inputs" CatalogNumber="5069-IB16/A" Vendor="1" ProductType="7" ProductCode="391" Major="2" Minor="1" ParentModule="Rack2" ParentModPortId="1">
<EKey State="ExactMatch"/>
<Ports><Port Id="1" Address="1" Type="5069" Upstream="true"/></Ports>
</Module>
<Module Name="Robot" CatalogNumber="ETHERNET-MODULE" Vendor="1" ProductType="0" ProductCode="18" Major="1" Minor="1" ParentModule="Bridge" ParentModPortId="2">
<Ports><Port Id="2" Address="robot7.plant" Type="Ethernet" Upstream="true"/></Ports>
</Module>
<Module Name="Loop" CatalogNumber="1756-IB16" Vendor="1" ParentModule="Pool"/>
<Module Name="Pool" CatalogNumber="1756-IB16" Vendor="1" ParentModule="Loop"/>
</Modules>
<AddOnInstructionDefinitions><AddOnInstructionDefinition Name="Valve" Revision="1.0" EditedDate="2026-01-01T00:00:00.000Z"><Routines><Routine Name="Logic" Type="RLL"/></Routines></AddOnInstructionDefinition></AddOnInstructionDefinitions>
<Programs><Program Name="Main" MainRoutineName="Start"><Tags><Tag Name="t" DataType="DINT"><Data Format="L5K">7</Data></Tag></Tags>
<Routines><Routine Name="Start" Type="RLL"><RLLContent><Rung Number="0" Type="N"><Text><![CDATA[XIC(a)OTE(b);]]></Text></Rung></RLLContent></Routine></Routines></Program></Programs>
<Tasks><Task Name="Fast" Type="PERIODIC" Rate="10" Priority="5"><ScheduledPrograms><ScheduledProgram Name="Main"/></ScheduledPrograms></Task></Tasks>
</Controller>
</RSLogix5000Content>
"#;

fn project() -> Project {
    read("plant.L5X", SAMPLE.as_bytes()).unwrap()
}

fn device<'p>(project: &'p Project, name: &str) -> &'p Device {
    project.devices.iter().find(|d| d.name.as_ref().is_some_and(|n| n.as_str() == name)).unwrap()
}

#[test]
fn the_controller_and_what_runs_on_it() {
    let project = project();
    assert_eq!((project.format, project.title.as_ref().unwrap().as_str()), ("l5x", "Packing"));
    let plc = device(&project, "Packing");
    assert_eq!(values(&plc.claims, Attribute::OrderNumber), ["1756-L82ES"]);
    assert_eq!(values(&plc.claims, Attribute::Firmware), ["35.11"]);
    assert_eq!(values(&plc.claims, Attribute::Serial), ["0x0012ab56"]);
    assert_eq!(values(&plc.claims, Attribute::ProductCode), ["168"]);
    assert_eq!(values(&plc.claims, Attribute::Protection), ["safety application locked"]);
    assert!(plc.ips.is_empty(), "the path ends at a bridge");
    let order = plc.claims.iter().find(|s| s.attribute == Attribute::OrderNumber).unwrap();
    assert_eq!((order.line, order.field.as_str()), (3, "Controller/@ProcessorType"));
    let runs: Vec<(&str, &str)> = plc.programs.iter().map(|p| (p.kind.as_str(), p.name.as_str())).collect();
    let expected = [
        ("safety", "safety application"),
        ("task", "Fast"),
        ("program", "Main"),
        ("routine", "Main/Start"),
        ("block", "Valve"),
    ];
    assert_eq!(runs, expected);
    assert_eq!(plc.programs[0].checksum.as_ref().unwrap().as_str(), "16#abcd_1234");
}

#[test]
fn a_chassis_answers_by_its_slots() {
    let project = project();
    let bridge = device(&project, "Bridge");
    assert_eq!(bridge.ips, ["192.168.1.10".parse::<IpAddr>().unwrap()]);
    let [controller] = bridge.modules.as_slice() else { panic!("{:?}", bridge.modules) };
    assert_eq!(controller.place, Place::Part(Part::Slot(0)));
    assert_eq!(values(&controller.claims, Attribute::Serial), ["0x0012ab56"]);
    let rack = device(&project, "Rack2");
    assert_eq!(rack.ips, ["192.168.1.20".parse::<IpAddr>().unwrap()]);
    let [inputs] = rack.modules.as_slice() else { panic!("{:?}", rack.modules) };
    assert_eq!(inputs.place, Place::Part(Part::Slot(1)));
    assert_eq!(values(&inputs.claims, Attribute::OrderNumber), ["5069-IB16/A"]);
    let firmware =
        |claims: &[Said]| claims.iter().find(|s| s.attribute == Attribute::Firmware).unwrap().confidence;
    assert_eq!(firmware(&inputs.claims), Confidence::LIKELY);
    assert_eq!(firmware(&rack.claims), Confidence::GUESS, "any compatible revision may stand there");
    let way = project.devices.iter().find(|d| d.name.is_none()).unwrap();
    assert_eq!(way.ips, ["10.1.0.9".parse::<IpAddr>().unwrap()]);
    assert_eq!(way.modules[0].place, Place::Part(Part::Slot(0)));
}

#[test]
fn a_stand_in_says_nothing_of_the_device() {
    let project = project();
    let robot = device(&project, "Robot");
    assert_eq!(values(&robot.claims, Attribute::Hostname), ["robot7.plant"]);
    assert!(values(&robot.claims, Attribute::Vendor).is_empty());
    assert!(values(&robot.claims, Attribute::OrderNumber).is_empty());
}

#[test]
fn a_changed_rung_shows_and_a_changed_value_does_not() {
    let sums = |text: &str| {
        let project = read("a", text.as_bytes()).unwrap();
        let programs = project.devices[0].programs.iter();
        programs.map(|p| (p.name.to_string(), p.checksum.clone())).collect::<Vec<_>>()
    };
    let before = sums(SAMPLE);
    assert_eq!(sums(&SAMPLE.replace(">7<", ">8<").replace("2026-01-01T", "2026-01-02T")), before);
    let after = sums(&SAMPLE.replace("OTE(b)", "OTE(c)"));
    let changed: Vec<&str> =
        before.iter().zip(&after).filter(|(a, b)| a != b).map(|(a, _)| a.0.as_str()).collect();
    assert_eq!(changed, ["Main", "Main/Start"]);
}
