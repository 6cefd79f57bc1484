use super::*;
use crate::engineering::{read, tests::values};

pub(crate) const SAMPLE: &str = r#"<?xml version="1.0" encoding="utf-8"?>
<CAEXFile xmlns="http://www.dke.de/CAEX" FileName="Plant.aml" SchemaVersion="2.15">
  <AdditionalInformation><WriterHeader><WriterName>Totally Integrated Automation Portal</WriterName><WriterVersion>17.0</WriterVersion></WriterHeader></AdditionalInformation>
  <InstanceHierarchy Name="Plant">
    <InternalElement ID="p" Name="Plant 7">
      <InternalElement ID="d1" Name="S7-1500 station_1">
        <Attribute Name="TypeIdentifier" AttributeDataType="xs:string"><Value>System:Device.S71500</Value></Attribute>
        <InternalElement ID="r1" Name="Rail_0">
          <Attribute Name="TypeName"><Value>Rack</Value></Attribute>
          <Attribute Name="PositionNumber"><Value>0</Value></Attribute>
          <Attribute Name="TypeIdentifier"><Value>OrderNumber:6ES7 590-1***0-0AA0</Value></Attribute>
          <InternalElement ID="c1" Name="PLC_1">
            <Attribute Name="TypeName"><Value>CPU 1516-3 PN/DP</Value></Attribute>
            <Attribute Name="DeviceItemType"><Value>CPU</Value></Attribute>
            <Attribute Name="PositionNumber"><Value>1</Value></Attribute>
            <Attribute Name="BuiltIn"><Value>false</Value></Attribute>
            <Attribute Name="TypeIdentifier">
              <Value>OrderNumber:6ES7 516-3AN02-0AB0/V2.9</Value>
            </Attribute>
            <InternalElement ID="i1" Name="PROFINET interface_1">
              <Attribute Name="BuiltIn"><Value>true</Value></Attribute>
              <InternalElement ID="n1" Name="E1">
                <Attribute Name="NetworkAddress"><Value>192.168.0.1</Value></Attribute>
                <SupportedRoleClass RefRoleClassPath="AutomationProjectConfigurationEthernetRoleClassLib/NodeEthernet"/>
              </InternalElement>
              <SupportedRoleClass RefRoleClassPath="AutomationProjectConfigurationRoleClassLib/CommunicationInterface"/>
            </InternalElement>
            <InternalElement ID="i2" Name="DP interface_1">
              <Attribute Name="BuiltIn"><Value>true</Value></Attribute>
              <InternalElement ID="n2" Name="X3">
                <Attribute Name="NetworkAddress"><Value>2</Value></Attribute>
                <SupportedRoleClass RefRoleClassPath="AutomationProjectConfigurationRoleClassLib/Node"/>
              </InternalElement>
              <SupportedRoleClass RefRoleClassPath="AutomationProjectConfigurationRoleClassLib/CommunicationInterface"/>
            </InternalElement>
            <SupportedRoleClass RefRoleClassPath="AutomationProjectConfigurationRoleClassLib/DeviceItem"/>
          </InternalElement>
          <InternalElement ID="c2" Name="CP_1">
            <Attribute Name="TypeName"><Value>CP 1543-1</Value></Attribute>
            <Attribute Name="PositionNumber"><Value>2</Value></Attribute>
            <Attribute Name="TypeIdentifier"><Value>OrderNumber:6GK7 543-1AX00-0XE0/V3.0</Value></Attribute>
            <InternalElement ID="i3" Name="Ethernet interface">
              <Attribute Name="BuiltIn"><Value>true</Value></Attribute>
              <InternalElement ID="n3" Name="X1"><Attribute Name="NetworkAddress"><Value>10.0.0.2</Value></Attribute></InternalElement>
              <SupportedRoleClass RefRoleClassPath="AutomationProjectConfigurationRoleClassLib/CommunicationInterface"/>
            </InternalElement>
            <SupportedRoleClass RefRoleClassPath="AutomationProjectConfigurationRoleClassLib/DeviceItem"/>
          </InternalElement>
          <InternalElement ID="c3" Name="DI 32_1">
            <Attribute Name="PositionNumber"><Value>3</Value></Attribute>
            <Attribute Name="TypeIdentifier"><Value>OrderNumber:6ES7 521-1BL00-0AB0/V2.0</Value></Attribute>
            <SupportedRoleClass RefRoleClassPath="AutomationProjectConfigurationRoleClassLib/DeviceItem"/>
          </InternalElement>
          <SupportedRoleClass RefRoleClassPath="AutomationProjectConfigurationRoleClassLib/DeviceItem"/>
        </InternalElement>
        <SupportedRoleClass RefRoleClassPath="AutomationProjectConfigurationRoleClassLib/Device"/>
      </InternalElement>
      <InternalElement ID="f" Name="Ungrouped devices">
        <InternalElement ID="d2" Name="Drive">
          <Attribute Name="TypeIdentifier"><Value>GSD:GSDML-V2.33-ACME-DRIVE-20220301.XML/D</Value></Attribute>
          <SupportedRoleClass RefRoleClassPath="AutomationProjectConfigurationRoleClassLib/Device"/>
        </InternalElement>
        <SupportedRoleClass RefRoleClassPath="AutomationProjectConfigurationRoleClassLib/DeviceUserFolder"/>
      </InternalElement>
      <SupportedRoleClass RefRoleClassPath="AutomationProjectConfigurationRoleClassLib/AutomationProject"/>
    </InternalElement>
  </InstanceHierarchy>
</CAEXFile>
"#;

#[test]
fn a_controller_a_processor_beside_it_and_their_rack() {
    let project = read("plant.aml", SAMPLE.as_bytes()).unwrap();
    assert_eq!(project.title.as_ref().unwrap().as_str(), "Plant 7");
    assert_eq!(project.notes, ["Written by Totally Integrated Automation Portal 17.0."]);
    let [plc, cp, drive] = project.devices.as_slice() else { panic!("{:?}", project.devices) };
    assert_eq!(plc.ips, ["192.168.0.1".parse::<IpAddr>().unwrap()]);
    assert_eq!(values(&plc.claims, Attribute::OrderNumber), ["6ES7 516-3AN02-0AB0"]);
    assert_eq!(values(&plc.claims, Attribute::Firmware), ["V2.9"]);
    assert_eq!(values(&plc.claims, Attribute::Name), ["PLC_1", "S7-1500 station_1"]);
    assert_eq!(values(&plc.claims, Attribute::StationAddress), ["2"]);
    let order = plc.claims.iter().find(|s| s.attribute == Attribute::OrderNumber).unwrap();
    assert_eq!(order.line, 18);
    assert!(order.field.ends_with("InternalElement/TypeIdentifier"), "{}", order.field);
    let places: Vec<&Place> = plc.modules.iter().map(|m| &m.place).collect();
    assert_eq!(places, [&Place::Part(Part::Slot(2)), &Place::Part(Part::Slot(3))]);
    assert_eq!(cp.ips, ["10.0.0.2".parse::<IpAddr>().unwrap()]);
    assert_eq!(values(&cp.claims, Attribute::OrderNumber), ["6GK7 543-1AX00-0XE0"]);
    assert_eq!(cp.modules[0].place, Place::Part(Part::Slot(1)));
    assert_eq!(values(&cp.modules[0].claims, Attribute::OrderNumber), ["6ES7 516-3AN02-0AB0"]);
    assert_eq!(values(&drive.claims, Attribute::DeviceType), ["GSDML-V2.33-ACME-DRIVE-20220301.XML"]);
    assert!(drive.ips.is_empty());
}
