use super::*;
use crate::engineering::{read, tests::values};

pub(crate) const SAMPLE: &str = r#"<?xml version="1.0" encoding="utf-8"?>
<SCL xmlns="http://www.iec.ch/61850/2003/SCL" version="2007" revision="B" release="4">
  <Header id="Station North" version="3" revision="1" toolID="SystemTool" nameStructure="IEDName"/>
  <Communication>
    <SubNetwork name="StationBus" type="8-MMS">
      <ConnectedAP iedName="F1" apName="S1">
        <Address>
          <P type="IP">10.2.0.11</P><P type="IP-SUBNET">255.255.255.0</P><P type="IP-GATEWAY">10.2.0.1</P>
        </Address>
        <GSE ldInst="PROT" cbName="gcb01">
          <Address><P type="MAC-Address">01-0C-CD-01-00-0A</P><P type="APPID">300A</P><P type="VLAN-ID">00A</P><P type="VLAN-PRIORITY">4</P></Address>
        </GSE>
        <SMV ldInst="PROT" cbName="smv1">
          <Address><P type="MAC-Address">01-0C-CD-04-00-01</P><P type="APPID">4001</P><P type="VLAN-ID">FFFF</P></Address>
        </SMV>
      </ConnectedAP>
    </SubNetwork>
  </Communication>
  <IED name="F1" manufacturer="Relays Ltd" type="FEED-7" desc="Feeder 1" configVersion="2.4">
    <Services><GOOSE max="16"/><FileHandling/></Services>
    <AccessPoint name="S1">
      <Server>
        <Authentication none="true" password="false"/>
        <LDevice inst="PROT">
          <LN0 lnClass="LLN0" inst="" lnType="T0">
            <DataSet name="ds1"/><DataSet name="ds2"/>
            <ReportControl name="rcb" datSet="ds1" confRev="1"/>
            <DOI name="NamPlt"><DAI name="swRev"><Val>7.12</Val></DAI></DOI>
            <GSEControl name="gcb01" appID="F1/trip" datSet="ds1" confRev="1"/>
            <SampledValueControl name="smv1" smvID="F1MU01" datSet="ds2" confRev="1" smpRate="80" nofASDU="1"/>
          </LN0>
          <LN lnClass="LPHD" inst="1" lnType="T1">
            <DOI name="PhyNam"><DAI name="serNum"><Val>SN-0815</Val></DAI><DAI name="hwRev"><Val>B</Val></DAI></DOI>
          </LN>
        </LDevice>
        <LDevice inst="CTRL" ldName="CONTROL"><LN0 lnClass="LLN0" inst="" lnType="T0"><GSEControl name="gcb02" appID="x"/></LN0></LDevice>
      </Server>
    </AccessPoint>
  </IED>
  <IED name="TEMPLATE" manufacturer="Relays Ltd" type="BAY-1"/>
</SCL>
"#;

#[test]
fn an_ied_with_name_plate_and_address() {
    let project = read("north.scd", SAMPLE.as_bytes()).unwrap();
    assert_eq!(project.title.as_ref().unwrap().as_str(), "Station North");
    let [ied] = project.devices.as_slice() else { panic!("{:?}", project.devices) };
    assert_eq!(ied.ips[0].to_string(), "10.2.0.11");
    let told = [
        (Attribute::Vendor, "Relays Ltd"),
        (Attribute::Product, "FEED-7"),
        (Attribute::Firmware, "7.12"),
        (Attribute::Serial, "SN-0815"),
        (Attribute::Hardware, "B"),
        (Attribute::Program, "configuration 2.4"),
        (Attribute::SignInOffered, "none"),
    ];
    for (attribute, value) in told {
        assert_eq!(values(&ied.claims, attribute), [value]);
    }
    let capabilities = values(&ied.claims, Attribute::Capability);
    assert_eq!(
        capabilities,
        ["service GOOSE, max 16", "service FileHandling", "2 data sets", "1 report control block"]
    );
    let serial = ied.claims.iter().find(|s| s.attribute == Attribute::Serial).unwrap();
    assert_eq!((serial.line, serial.field.as_str()), (33, "IED/AccessPoint/Server/LDevice/LN/DOI/DAI"));
    assert_eq!(project.types[0].name.as_ref().unwrap().as_str(), "BAY-1");
}

#[test]
fn streams_have_the_names_of_the_wire() {
    let project = read("north.scd", SAMPLE.as_bytes()).unwrap();
    let ied = &project.devices[0];
    let names = ["F1PROT/LLN0$GO$gcb01", "F1MU01", "CONTROL/LLN0$GO$gcb02"];
    assert_eq!(values(&ied.claims, Attribute::Stream), names);
    let [goose, values, bare] = ied.streams.as_slice() else { panic!("{:?}", ied.streams) };
    assert_eq!(goose.mac.unwrap().to_string(), "01:0c:cd:01:00:0a");
    assert_eq!((goose.app_id, goose.vlan, goose.priority), (Some(0x300a), Some(10), Some(4)));
    assert_eq!((values.kind, values.app_id, values.vlan), (StreamKind::SampledValues, Some(0x4001), None));
    assert_eq!((bare.mac, bare.app_id), (None, None));
}

#[test]
fn a_changed_configuration_shows() {
    let sum = |text: &str| read("a", text.as_bytes()).unwrap().devices[0].programs[0].checksum.clone();
    assert_ne!(sum(SAMPLE), sum(&SAMPLE.replace("datSet=\"ds1\" confRev", "datSet=\"ds2\" confRev")));
    assert_eq!(
        sum(SAMPLE),
        sum(&SAMPLE.replace("10.2.0.11", "10.2.0.12")),
        "the address is none of the device's program"
    );
}
