//! Attributes, roles and levels: the words in which an asset is described.

use serde::{Deserialize, Serialize};

macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident = $word:literal,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
        pub enum $name {
            $($(#[$vdoc])* #[serde(rename = $word)] $variant,)*
        }

        impl $name {
            /// Every value, in order.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// The word used in documents.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word,)* }
            }

            /// The value with that word.
            pub fn parse(word: &str) -> Option<Self> {
                match word { $($word => Some(Self::$variant),)* _ => None }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }
    };
}
pub(crate) use words;

words! {
    /// What a fact is about.
    Attribute {
        /// Maker of the device.
        Vendor = "vendor",
        /// Product or model name.
        Product = "product",
        /// Order, catalogue or part number.
        OrderNumber = "order_number",
        /// Hardware revision.
        Hardware = "hardware",
        /// Firmware or software version of the device.
        Firmware = "firmware",
        /// Serial number.
        Serial = "serial",
        /// What people call it: station name, plant designation, system name.
        Name = "name",
        /// Host name (DNS, DHCP, NetBIOS, NTLM).
        Hostname = "hostname",
        /// Where it stands.
        Location = "location",
        /// Free description the device gives of itself.
        Description = "description",
        /// Kind of device in the protocol's own words or number.
        DeviceType = "device_type",
        /// Maker's number in the protocol (CIP vendor id, BACnet vendor id).
        VendorId = "vendor_id",
        /// Product number in the protocol (CIP product code).
        ProductCode = "product_code",
        /// Instance or station number in the protocol (BACnet device instance, DNP3 address).
        StationAddress = "station_address",
        /// Operating system.
        Os = "os",
        /// Software that serves or asks (HTTP server, SSH software, user agent).
        Software = "software",
        /// Windows or directory domain.
        Domain = "domain",
        /// Contact person.
        Contact = "contact",
        /// What a switch or device says it can do (LLDP capabilities).
        Capability = "capability",
        /// MAC of another interface of the same device.
        OtherMac = "other_mac",
        /// IP address of another interface of the same device.
        OtherIp = "other_ip",
        /// Security policy and mode an endpoint offers.
        SecurityPolicy = "security_policy",
        /// Protocol version a service speaks (TLS, SSH, SMB).
        ProtocolVersion = "protocol_version",
        /// How users may sign in.
        SignInOffered = "sign_in_offered",
        /// Subject of a certificate the host shows.
        CertificateSubject = "certificate_subject",
        /// Issuer of that certificate.
        CertificateIssuer = "certificate_issuer",
        /// Its end of validity, RFC 3339.
        CertificateExpires = "certificate_expires",
        /// Its key and signature algorithm.
        CertificateAlgorithm = "certificate_algorithm",
        /// Application's own address (OPC UA application URI).
        ApplicationUri = "application_uri",
        /// Product's address (OPC UA product URI).
        ProductUri = "product_uri",
        /// Address of an endpoint a server offers.
        Endpoint = "endpoint",
        /// Running, stopped, fault: the mode a controller reports.
        Mode = "mode",
        /// Protection level or key switch a controller reports.
        Protection = "protection",
        /// Name of a program, block or project seen on the wire.
        Program = "program",
        /// Name of a data stream the device publishes (GOOSE control block, SV id).
        Stream = "stream",
        /// Identifier a client gives itself (MQTT client id, DHCPv6 DUID).
        ClientId = "client_id",
        /// Port of a switch the device is attached to, or its own port name.
        PortName = "port_name",
        /// Name that a client asked for (TLS server name, HTTP host).
        RequestedName = "requested_name",
        /// Fingerprint of a TLS client's software by what it offers (JA4).
        Ja4 = "ja4",
        /// Part of a system a module stands for (slot, rack).
        Module = "module",
        /// The role the project gave the asset.
        Role = "role",
        /// The Purdue level the project gave it.
        Level = "level",
        /// How much depends on it: `low`, `medium`, `high` or `critical`.
        Criticality = "criticality",
        /// Part of a safety function: `yes` or `no`.
        Safety = "safety",
        /// Who answers for it.
        Owner = "owner",
        /// The zone it belongs to.
        Zone = "zone",
        /// What people noted about it.
        Note = "note",
    }
}

words! {
    /// What a device is for.
    Role {
        /// Programmable logic controller.
        Plc = "plc",
        /// Remote terminal unit.
        Rtu = "rtu",
        /// Intelligent electronic device (protection relay, bay controller).
        Ied = "ied",
        /// Safety controller.
        SafetyController = "safety_controller",
        /// Remote inputs and outputs.
        RemoteIo = "remote_io",
        /// Drive.
        Drive = "drive",
        /// Sensor or actuator on the network.
        FieldDevice = "field_device",
        /// Operator panel or station.
        Hmi = "hmi",
        /// SCADA server.
        ScadaServer = "scada_server",
        /// Engineering workstation.
        EngineeringWorkstation = "engineering_workstation",
        /// Historian.
        Historian = "historian",
        /// Protocol gateway.
        Gateway = "gateway",
        /// Switch.
        Switch = "switch",
        /// Router.
        Router = "router",
        /// Firewall.
        Firewall = "firewall",
        /// Wireless access point.
        AccessPoint = "access_point",
        /// Jump host.
        JumpHost = "jump_host",
        /// Server of information technology.
        Server = "server",
        /// Workstation of information technology.
        Workstation = "workstation",
        /// Printer.
        Printer = "printer",
        /// Camera.
        Camera = "camera",
        /// Telephone.
        Phone = "phone",
        /// Mobile device.
        Mobile = "mobile",
        /// Not known.
        Unknown = "unknown",
    }
}

impl Role {
    /// Acts on the process itself.
    pub fn is_controller(self) -> bool {
        matches!(
            self,
            Self::Plc | Self::Rtu | Self::Ied | Self::SafetyController | Self::RemoteIo | Self::Drive
        )
    }
}

/// Purdue level in tenths, so that the DMZ (3.5) is exact. Serialised as a number.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Level(u8);

impl Level {
    /// Process: sensors and actuators.
    pub const PROCESS: Self = Self(0);
    /// Basic control.
    pub const CONTROL: Self = Self(10);
    /// Supervision.
    pub const SUPERVISION: Self = Self(20);
    /// Site operations.
    pub const OPERATIONS: Self = Self(30);
    /// Demilitarised zone between plant and enterprise.
    pub const DMZ: Self = Self(35);
    /// Enterprise.
    pub const ENTERPRISE: Self = Self(40);
    /// Outside: other companies and the internet.
    pub const EXTERNAL: Self = Self(50);

    /// As a number: 0, 1, 2, 3, 3.5, 4 or 5.
    pub fn number(self) -> f32 {
        f32::from(self.0) / 10.0
    }

    /// From a number; `None` unless it is one of the levels.
    pub fn from_number(n: f32) -> Option<Self> {
        let levels = [
            Self::PROCESS,
            Self::CONTROL,
            Self::SUPERVISION,
            Self::OPERATIONS,
            Self::DMZ,
            Self::ENTERPRISE,
            Self::EXTERNAL,
        ];
        levels.into_iter().find(|l| (l.number() - n).abs() < 0.01)
    }
}

impl std::fmt::Display for Level {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.0.is_multiple_of(10) {
            write!(f, "{}", self.0 / 10)
        } else {
            write!(f, "{}.{}", self.0 / 10, self.0 % 10)
        }
    }
}

impl Serialize for Level {
    fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        if self.0.is_multiple_of(10) { s.serialize_u8(self.0 / 10) } else { s.serialize_f32(self.number()) }
    }
}

impl<'de> Deserialize<'de> for Level {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let n = f32::deserialize(d)?;
        Self::from_number(n).ok_or_else(|| serde::de::Error::custom("not a Purdue level"))
    }
}

/// How sure a claim is, in percent (0 to 100). Serialised as a fraction.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Confidence(pub u8);

impl Confidence {
    /// The device says it of itself in a field made for it.
    pub const CERTAIN: Self = Self(95);
    /// A field that is usually right, or a peer that says it.
    pub const LIKELY: Self = Self(75);
    /// Inferred.
    pub const GUESS: Self = Self(40);

    /// As a fraction of 1.
    pub fn fraction(self) -> f32 {
        f32::from(self.0) / 100.0
    }
}

impl Serialize for Confidence {
    fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        if s.is_human_readable() {
            s.serialize_f64(f64::from(self.0) / 100.0)
        } else {
            s.serialize_u8(self.0)
        }
    }
}

impl<'de> Deserialize<'de> for Confidence {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        if d.is_human_readable() {
            let n = f64::deserialize(d)?;
            Ok(Self((n.clamp(0.0, 1.0) * 100.0).round() as u8))
        } else {
            u8::deserialize(d).map(Self)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_round_trip() {
        for &a in Attribute::ALL {
            assert_eq!(Attribute::parse(a.as_str()), Some(a));
        }
        for &r in Role::ALL {
            assert_eq!(Role::parse(r.as_str()), Some(r));
        }
        assert_eq!(Level::from_number(3.5), Some(Level::DMZ));
        assert_eq!(Level::DMZ.to_string(), "3.5");
        assert_eq!(Level::from_number(2.2), None);
    }
}
