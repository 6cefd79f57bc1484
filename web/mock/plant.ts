import type {
  Account,
  Advisory,
  Asset,
  Capture,
  Conversation,
  Evidence,
  Fact,
  Finding,
  Problem,
  Severity,
} from "../src/api/types.ts";
import { Frames } from "./frames.ts";

/** A made-up bottling plant of 25 hosts, and a large site made of many such cells. For development and tests only. */
/** What feeds say of a CVE when none is loaded. */
const NOTHING_KNOWN = {
  kev: null,
  epss: null,
  ssvc: null,
  cvss: [],
  cwes: [],
  exploits: [],
  techniques: [],
  rejected: false,
};

export interface Plant {
  captures: Capture[];
  problems: Problem[];
  assets: Asset[];
  conversations: Conversation[];
  accounts: Account[];
  advisories: Advisory[];
  findings: Finding[];
  frames: Frames;
}

interface Host {
  ip: string;
  mac: string;
  name: string;
  role: string;
  level: number | null;
  zone?: string;
  vendor?: string;
  product?: string;
  order?: string;
  firmware?: string;
  serial?: string;
  protocol?: string;
}

const HOSTS: Host[] = [
  {
    ip: "10.40.0.10",
    mac: "00:50:56:a1:00:10",
    name: "ERP-APP01",
    role: "server",
    level: 4,
    vendor: "VMware",
    protocol: "smb",
  },
  {
    ip: "10.40.0.55",
    mac: "3c:52:82:11:20:55",
    name: "NB-MUELLER",
    role: "workstation",
    level: 4,
    vendor: "HP",
    protocol: "netbios",
  },
  {
    ip: "10.35.0.5",
    mac: "00:50:56:a1:35:05",
    name: "JUMP01",
    role: "jump_host",
    level: 3.5,
    vendor: "VMware",
    protocol: "rdp",
  },
  {
    ip: "10.35.0.10",
    mac: "00:50:56:a1:35:10",
    name: "HIST-DMZ",
    role: "historian",
    level: 3.5,
    vendor: "AVEVA",
    product: "PI Data Archive",
    firmware: "2018 SP3",
    protocol: "http",
  },
  {
    ip: "10.30.0.1",
    mac: "00:1b:17:00:01:30",
    name: "FW-OT-01",
    role: "firewall",
    level: 3,
    vendor: "Palo Alto Networks",
    product: "PA-220",
    protocol: "lldp",
  },
  {
    ip: "10.30.0.5",
    mac: "00:50:56:a1:30:05",
    name: "OT-DC01",
    role: "server",
    level: 3,
    vendor: "VMware",
    protocol: "dns",
  },
  {
    ip: "10.30.0.20",
    mac: "00:50:56:a1:30:20",
    name: "HISTORIAN",
    role: "historian",
    level: 3,
    vendor: "AVEVA",
    product: "Historian Server",
    firmware: "17.2.0",
    protocol: "opcua",
  },
  {
    ip: "10.30.0.50",
    mac: "8c:ec:4b:3a:11:50",
    name: "ES-TIA-01",
    role: "engineering_workstation",
    level: 3,
    vendor: "Dell",
    product: "Precision 3640",
    protocol: "smb",
  },
  {
    ip: "10.20.0.2",
    mac: "20:87:56:44:10:02",
    name: "sw-cell-a",
    role: "switch",
    level: 2,
    zone: "Filling",
    vendor: "Siemens",
    product: "SCALANCE XC208",
    order: "6GK5208-0BA00-2AC2",
    firmware: "V4.1",
    serial: "VPL7104478",
    protocol: "lldp",
  },
  {
    ip: "10.20.0.11",
    mac: "00:50:56:a1:20:11",
    name: "SCADA-A",
    role: "scada_server",
    level: 2,
    vendor: "Siemens",
    product: "SIMATIC WinCC Runtime Professional",
    firmware: "V17",
    protocol: "opcua",
  },
  {
    ip: "10.20.0.12",
    mac: "00:50:56:a1:20:12",
    name: "SCADA-B",
    role: "scada_server",
    level: 2,
    vendor: "Siemens",
    product: "SIMATIC WinCC Runtime Professional",
    firmware: "V17",
    protocol: "opcua",
  },
  {
    ip: "10.20.0.31",
    mac: "28:63:36:51:00:31",
    name: "hmi-filler",
    role: "hmi",
    level: 2,
    zone: "Filling",
    vendor: "Siemens",
    product: "TP1500 Comfort",
    order: "6AV2124-0QC02-0AX1",
    firmware: "V16.0.0",
    serial: "S C-N5U98123",
    protocol: "profinet-dcp",
  },
  {
    ip: "10.20.0.32",
    mac: "00:1d:9c:c7:32:32",
    name: "HMI_PALLET",
    role: "hmi",
    level: 2,
    zone: "Packing",
    vendor: "Rockwell Automation",
    product: "PanelView Plus 7",
    order: "2711P-T12W22D9P",
    firmware: "12.101",
    protocol: "enip",
  },
  {
    ip: "10.20.0.40",
    mac: "00:c0:3a:11:22:40",
    name: "gw-utilities",
    role: "gateway",
    level: 2,
    zone: "Utilities",
    vendor: "Moxa",
    product: "MGate MB3170",
    firmware: "4.1",
    protocol: "modbus",
  },
  {
    ip: "10.10.1.11",
    mac: "28:63:36:ab:01:11",
    name: "plc-filler",
    role: "plc",
    level: 1,
    zone: "Filling",
    vendor: "Siemens",
    product: "CPU 1516-3 PN/DP",
    order: "6ES7516-3AN01-0AB0",
    firmware: "V2.8.1",
    serial: "S C-LDR04713",
    protocol: "s7comm-plus",
  },
  {
    ip: "10.10.1.12",
    mac: "00:1b:1b:22:01:12",
    name: "plc-mixer",
    role: "plc",
    level: 1,
    zone: "Filling",
    vendor: "Siemens",
    product: "CPU 315-2 PN/DP",
    order: "6ES7315-2EH14-0AB0",
    firmware: "V3.2.6",
    serial: "S C-E8UV0922",
    protocol: "s7comm",
  },
  {
    ip: "10.10.1.13",
    mac: "00:0e:8c:91:01:13",
    name: "plc-cip-skid",
    role: "plc",
    level: 1,
    zone: "Filling",
    vendor: "Siemens",
    product: "CPU 1214C DC/DC/DC",
    order: "6ES7214-1AG40-0XB0",
    firmware: "V4.2.3",
    protocol: "s7comm",
  },
  {
    ip: "10.10.2.11",
    mac: "00:1d:9c:c7:21:11",
    name: "Palletizer_L1",
    role: "plc",
    level: 1,
    zone: "Packing",
    vendor: "Rockwell Automation",
    product: "1756-L73 LOGIX5573",
    order: "1756-L73",
    firmware: "32.011",
    serial: "00A1B2C3",
    protocol: "enip",
  },
  {
    ip: "10.10.3.11",
    mac: "00:80:f4:0a:03:11",
    name: "M340-WATER",
    role: "plc",
    level: 1,
    zone: "Utilities",
    vendor: "Schneider Electric",
    product: "BMX P34 2020",
    firmware: "v2.70",
    protocol: "modbus",
  },
  {
    ip: "10.10.3.21",
    mac: "00:60:78:03:21:01",
    name: "rtu-well-2",
    role: "rtu",
    level: 1,
    zone: "Utilities",
    vendor: "Motorola",
    product: "ACE3600",
    protocol: "dnp3",
  },
  {
    ip: "10.10.9.11",
    mac: "00:30:de:09:11:01",
    name: "sis-boiler",
    role: "safety_controller",
    level: 1,
    zone: "Boiler safety",
    vendor: "HIMA",
    product: "HIMatrix F35",
    firmware: "7.24",
    serial: "0047113",
    protocol: "modbus",
  },
  {
    ip: "10.10.1.101",
    mac: "28:63:36:cc:01:65",
    name: "io-filler-1",
    role: "remote_io",
    level: 0,
    zone: "Filling",
    vendor: "Siemens",
    product: "ET 200SP IM 155-6 PN",
    order: "6ES7155-6AU01-0BN0",
    firmware: "V4.2.0",
    protocol: "profinet-io",
  },
  {
    ip: "10.10.1.121",
    mac: "00:1f:f8:30:01:79",
    name: "drive-conv-1",
    role: "drive",
    level: 0,
    zone: "Filling",
    vendor: "Siemens",
    product: "SINAMICS G120 CU250S-2 PN",
    order: "6SL3246-0BA22-1FA0",
    firmware: "V4.7.9",
    protocol: "profinet-io",
  },
  {
    ip: "10.10.2.101",
    mac: "00:1d:9c:c7:02:65",
    name: "POINT_IO_L1",
    role: "remote_io",
    level: 0,
    zone: "Packing",
    vendor: "Rockwell Automation",
    product: "1734-AENTR",
    firmware: "5.012",
    protocol: "enip",
  },
  { ip: "10.10.3.99", mac: "02:42:0a:0a:03:63", name: "10.10.3.99", role: "unknown", level: null },
];

type Link = [
  client: string,
  server: string,
  protocol: string,
  port: number,
  ops: [string, number, string, number, number?][],
  encrypted?: boolean,
];

const LINKS: Link[] = [
  ["ERP-APP01", "HIST-DMZ", "http", 443, [["GET", 0, "read", 412]], true],
  ["NB-MUELLER", "JUMP01", "rdp", 3389, [["connect", 0, "session", 4]], true],
  [
    "NB-MUELLER",
    "plc-mixer",
    "s7comm",
    102,
    [
      ["setup_communication", 240, "session", 2],
      ["read_var", 4, "read", 61],
    ],
  ],
  ["JUMP01", "ES-TIA-01", "rdp", 3389, [["connect", 0, "session", 3]], true],
  ["HISTORIAN", "HIST-DMZ", "pi", 5450, [["write_archive", 0, "write", 940]], true],
  [
    "HISTORIAN",
    "SCADA-A",
    "opcua",
    4840,
    [
      ["open_secure_channel", 446, "session", 2],
      ["create_session", 461, "authentication", 1],
      ["read", 631, "read", 1200],
      ["publish", 826, "read", 5300],
    ],
  ],
  [
    "HISTORIAN",
    "SCADA-B",
    "opcua",
    4840,
    [
      ["open_secure_channel", 446, "session", 2],
      ["publish", 826, "read", 4100],
    ],
  ],
  [
    "ES-TIA-01",
    "plc-mixer",
    "s7comm",
    102,
    [
      ["setup_communication", 240, "session", 3],
      ["request_download", 26, "program_download", 4],
      ["download_block", 27, "program_download", 22],
      ["plc_stop", 41, "mode_change", 1],
      ["plc_control", 40, "mode_change", 1],
    ],
  ],
  [
    "ES-TIA-01",
    "plc-filler",
    "s7comm-plus",
    102,
    [
      ["create_object", 1226, "session", 5],
      ["get_var_substreamed", 1414, "program_upload", 12],
    ],
  ],
  [
    "ES-TIA-01",
    "plc-cip-skid",
    "s7comm",
    102,
    [
      ["read_szl", 0, "discovery", 14],
      ["set_variables", 5, "write", 6],
    ],
  ],
  ["ES-TIA-01", "sw-cell-a", "telnet", 23, [["login", 0, "authentication", 2]]],
  [
    "ES-TIA-01",
    "OT-DC01",
    "smb2",
    445,
    [
      ["session_setup", 1, "authentication", 4],
      ["create", 5, "file", 32],
    ],
    true,
  ],
  ["ES-TIA-01", "Palletizer_L1", "cip", 44818, [["get_attributes_all", 1, "discovery", 18]]],
  [
    "SCADA-A",
    "plc-filler",
    "s7comm-plus",
    102,
    [
      ["get_multi_variables", 1358, "read", 8820],
      ["set_multi_variables", 1346, "write", 214],
    ],
  ],
  ["SCADA-B", "plc-filler", "s7comm-plus", 102, [["get_multi_variables", 1358, "read", 8790]]],
  [
    "SCADA-A",
    "plc-mixer",
    "s7comm",
    102,
    [
      ["read_var", 4, "read", 7700],
      ["write_var", 5, "write", 96],
    ],
  ],
  ["SCADA-B", "plc-mixer", "s7comm", 102, [["read_var", 4, "read", 7610]]],
  ["SCADA-A", "plc-cip-skid", "s7comm", 102, [["read_var", 4, "read", 7600]]],
  [
    "SCADA-A",
    "Palletizer_L1",
    "cip",
    44818,
    [
      ["read_tag", 76, "read", 5400],
      ["write_tag", 77, "write", 130],
    ],
  ],
  [
    "SCADA-A",
    "M340-WATER",
    "modbus",
    502,
    [
      ["read_holding_registers", 3, "read", 6100],
      ["write_multiple_registers", 16, "write", 88, 3],
    ],
  ],
  [
    "SCADA-A",
    "gw-utilities",
    "modbus",
    502,
    [
      ["read_input_registers", 4, "read", 3050],
      ["write_single_coil", 5, "write", 12],
    ],
  ],
  [
    "SCADA-A",
    "rtu-well-2",
    "dnp3",
    20000,
    [
      ["read", 1, "read", 720],
      ["direct_operate", 5, "command", 9],
    ],
  ],
  ["SCADA-A", "sis-boiler", "modbus", 502, [["read_holding_registers", 3, "read", 3000]]],
  ["gw-utilities", "sis-boiler", "modbus", 502, [["write_single_register", 6, "write", 2]]],
  [
    "10.10.3.99",
    "M340-WATER",
    "modbus",
    502,
    [
      ["read_device_identification", 43, "discovery", 2],
      ["read_holding_registers", 3, "read", 130, 96],
      ["write_single_register", 6, "write", 3],
    ],
  ],
  ["10.10.3.99", "rtu-well-2", "dnp3", 20000, [["cold_restart", 13, "restart", 1]]],
  [
    "hmi-filler",
    "plc-filler",
    "s7comm-plus",
    102,
    [
      ["get_multi_variables", 1358, "read", 9000],
      ["set_multi_variables", 1346, "write", 45],
    ],
  ],
  [
    "HMI_PALLET",
    "Palletizer_L1",
    "cip",
    44818,
    [
      ["read_tag", 76, "read", 8800],
      ["write_tag", 77, "write", 61],
    ],
  ],
  [
    "plc-filler",
    "io-filler-1",
    "profinet-io",
    34964,
    [
      ["connect", 0, "session", 2],
      ["write_record", 3, "configuration", 8],
    ],
  ],
  [
    "plc-filler",
    "drive-conv-1",
    "profinet-io",
    34964,
    [
      ["connect", 0, "session", 2],
      ["write_record", 3, "configuration", 5],
    ],
  ],
  [
    "plc-filler",
    "plc-mixer",
    "s7comm",
    102,
    [
      ["read_var", 4, "read", 900],
      ["write_var", 5, "write", 900],
    ],
  ],
  ["Palletizer_L1", "POINT_IO_L1", "cip", 44818, [["forward_open", 84, "session", 1]]],
  ["SCADA-A", "OT-DC01", "dns", 53, [["query", 0, "read", 320]]],
  ["plc-mixer", "OT-DC01", "ntp", 123, [["client", 3, "time", 120]]],
  [
    "SCADA-B",
    "SCADA-A",
    "smb",
    445,
    [
      ["negotiate", 114, "session", 8],
      ["session_setup", 115, "authentication", 2],
    ],
  ],
  ["ES-TIA-01", "FW-OT-01", "https", 443, [["handshake", 0, "session", 6]], true],
];

interface FindingSeed {
  check: string;
  severity: Severity;
  title: string;
  asset: string;
  peer?: string;
  detail: string;
  field: string;
  value: string;
  sr: string[];
  nist: string[];
  attack: string[];
  why: string;
  todo: string;
}

const FINDINGS: FindingSeed[] = [
  {
    check: "program-download",
    severity: "critical",
    title: "A program was downloaded while the controller was in service",
    asset: "plc-mixer",
    peer: "ES-TIA-01",
    detail: "ES-TIA-01 sent 22 program blocks to plc-mixer, stopped it and started it again within 41 s.",
    field: "s7comm.param.func",
    value: "\u001b_0800001P",
    sr: ["SR 3.4", "SR 6.2"],
    nist: ["CM-3", "SI-7"],
    attack: ["T0843", "T0889"],
    why: "Whoever can load a program decides what the machine does. Outside a planned change it is either a mistake or an attack.",
    todo: 'Ask who made the change and compare the blocks with the archived project. Then set the protection level of the CPU to "read and write protection" with a password.',
  },
  {
    check: "restart-command",
    severity: "critical",
    title: "A controller was told to restart by an unknown device",
    asset: "rtu-well-2",
    peer: "10.10.3.99",
    detail: "10.10.3.99, a device without an identity, sent 1 cold restart to rtu-well-2 and it was accepted.",
    field: "dnp3.al.func",
    value: "\r",
    sr: ["SR 1.1", "SR 2.1"],
    nist: ["AC-3", "IA-3"],
    attack: ["T0816"],
    why: "A restart takes the well out of control for its start-up time and can be repeated without end.",
    todo: "Find 10.10.3.99 and disconnect it. Allow DNP3 to the RTU only from SCADA-A.",
  },
  {
    check: "enterprise-to-control",
    severity: "high",
    title: "An enterprise host talks directly to a controller",
    asset: "plc-mixer",
    peer: "NB-MUELLER",
    detail: "NB-MUELLER (level 4) read variables of plc-mixer (level 1) 61 times over s7comm, past the DMZ.",
    field: "tpkt",
    value: "read_var",
    sr: ["SR 5.1", "SR 5.2"],
    nist: ["AC-4", "SC-7"],
    attack: ["T0886"],
    why: "A compromised office computer reaches the process without passing a control point.",
    todo: "Close TCP 102 from level 4 in the firewall. Offer the figures through the historian in the DMZ.",
  },
  {
    check: "unauthenticated-write",
    severity: "high",
    title: "An unknown device writes to a controller",
    asset: "M340-WATER",
    peer: "10.10.3.99",
    detail: "10.10.3.99 wrote 3 registers of M340-WATER; 96 of its 130 reads were refused, as when probing.",
    field: "modbus.func_code",
    value: "write_single_register",
    sr: ["SR 1.2", "SR 2.1"],
    nist: ["AC-3", "IA-3"],
    attack: ["T0836", "T0855"],
    why: "Modbus has no sign-in: every host that reaches port 502 can set outputs.",
    todo: "Find the device. Enable the access control list of the Ethernet module and allow only SCADA-A.",
  },
  {
    check: "safety-write",
    severity: "high",
    title: "The safety controller is written to from the control network",
    asset: "sis-boiler",
    peer: "gw-utilities",
    detail: "gw-utilities wrote 2 registers of sis-boiler.",
    field: "modbus.func_code",
    value: "write_single_register",
    sr: ["SR 5.1"],
    nist: ["SC-7"],
    attack: ["T0880"],
    why: "The safety function must not depend on, or be changed from, the system it protects against.",
    todo: "Confirm with the safety engineer that these registers are in the non-safe area. Make the link read-only.",
  },
  {
    check: "cleartext-credentials",
    severity: "high",
    title: "A password was sent in clear text",
    asset: "sw-cell-a",
    peer: "ES-TIA-01",
    detail: 'The user "admin" signed in over telnet from ES-TIA-01 2 times.',
    field: "telnet.data",
    value: "admin",
    sr: ["SR 1.5", "SR 4.1"],
    nist: ["IA-5", "SC-8"],
    attack: ["T0859"],
    why: "Everyone on the path has read the password.",
    todo: "Change the password, enable SSH and switch telnet off.",
  },
  {
    check: "smb1",
    severity: "high",
    title: "SMB version 1 is in use",
    asset: "SCADA-A",
    peer: "SCADA-B",
    detail: "SCADA-A accepted SMB 1 from SCADA-B.",
    field: "smb.cmd",
    value: "NT LM 0.12",
    sr: ["SR 7.7"],
    nist: ["CM-7"],
    attack: ["T0866"],
    why: "The worms of 2017 spread with it.",
    todo: "Switch SMB 1 off on both servers in the next window; WinCC V17 does not need it.",
  },
  {
    check: "opcua-none",
    severity: "medium",
    title: "OPC UA without signature and encryption",
    asset: "SCADA-A",
    peer: "HISTORIAN",
    detail: "The channel uses the policy None.",
    field: "opcua.transport.scp",
    value: "http://opcfoundation.org/UA/SecurityPolicy#None",
    sr: ["SR 3.1", "SR 4.1"],
    nist: ["SC-8"],
    attack: ["T0830"],
    why: "Values can be read and changed on the way.",
    todo: "Enable Basic256Sha256 on the server and reconnect the historian; no outage of the process.",
  },
  {
    check: "opcua-none",
    severity: "medium",
    title: "OPC UA without signature and encryption",
    asset: "SCADA-B",
    peer: "HISTORIAN",
    detail: "The channel uses the policy None.",
    field: "opcua.transport.scp",
    value: "http://opcfoundation.org/UA/SecurityPolicy#None",
    sr: ["SR 3.1", "SR 4.1"],
    nist: ["SC-8"],
    attack: ["T0830"],
    why: "Values can be read and changed on the way.",
    todo: "Enable Basic256Sha256 on the server and reconnect the historian; no outage of the process.",
  },
  {
    check: "unknown-device",
    severity: "medium",
    title: "A device that nothing identifies",
    asset: "10.10.3.99",
    detail: "Only its MAC address is known, and it is locally administered.",
    field: "eth.src",
    value: "10.10.3.99",
    sr: ["SR 7.8"],
    nist: ["CM-8"],
    attack: ["T0848"],
    why: "What is not known can be neither patched nor owned.",
    todo: "Look for the port in sw-utilities and label the device, or remove it.",
  },
  {
    check: "old-firmware",
    severity: "medium",
    title: "Firmware with a public weakness",
    asset: "plc-filler",
    detail: "6ES7516-3AN01-0AB0 runs V2.8.1; SSA-568427 is fixed in V2.9.2.",
    field: "pn_dcp.suboption_device_id",
    value: "V2.8.1",
    sr: ["SR 3.4"],
    nist: ["SI-2"],
    attack: ["T0866"],
    why: "The private key of the CPU can be extracted, which breaks the protection of its communication.",
    todo: "Plan the update to V2.9.2 or later in the next outage.",
  },
  {
    check: "open-telnet",
    severity: "low",
    title: "Telnet is offered",
    asset: "sw-cell-a",
    detail: "Port 23 answered.",
    field: "tcp.dstport",
    value: "login:",
    sr: ["SR 7.7"],
    nist: ["CM-7"],
    attack: ["T0886"],
    why: "A service nobody needs is one more door.",
    todo: "Switch telnet off.",
  },
  {
    check: "write-without-protection",
    severity: "low",
    title: "Operator station writes without a sign-in",
    asset: "Palletizer_L1",
    peer: "HMI_PALLET",
    detail: "HMI_PALLET wrote 61 tags.",
    field: "cip.service",
    value: "M",
    sr: ["SR 1.2"],
    nist: ["IA-3"],
    attack: ["T0855"],
    why: "CIP without CIP Security knows no user.",
    todo: "Plan CIP Security with the next controller generation; until then keep the cell separate.",
  },
  {
    check: "time-source",
    severity: "info",
    title: "Time comes from one source",
    asset: "OT-DC01",
    detail: "12 devices ask OT-DC01 only.",
    field: "ntp.flags.mode",
    value: "#",
    sr: ["SR 2.11"],
    nist: ["AU-8"],
    attack: [],
    why: "When it fails, logs no longer match.",
    todo: "Add a second source.",
  },
];

function pseudo(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1664525 + 1013904223) >>> 0;
    return state / 4294967296;
  };
}

export function emptyPlant(): Plant {
  return {
    captures: [],
    problems: [],
    assets: [],
    conversations: [],
    accounts: [],
    advisories: [],
    findings: [],
    frames: new Frames([], new Map()),
  };
}

/** `cells` = 0 gives the plant of 25 hosts; more add that many cells of ten devices. */
export function buildPlant(cells = 0): Plant {
  const random = pseudo(7);
  const first = Date.parse("2026-11-20T06:02:11Z");
  const captures: Capture[] = [
    {
      id: 1,
      path: "filling-core-switch.pcapng",
      kind: "capture",
      format: "pcapng",
      packets: 184_223,
      bytes: 41_220_144,
      first: "2026-11-20T06:02:11.104412Z",
      last: "2026-11-20T14:01:58.220411Z",
    },
    {
      id: 2,
      path: "utilities-tap.pcap",
      kind: "capture",
      format: "pcap",
      packets: 61_008,
      bytes: 6_220_101,
      first: "2026-11-20T06:10:00.000001Z",
      last: "2026-11-20T13:40:12.500000Z",
    },
  ];
  const hosts = [...HOSTS];
  const links = [...LINKS];
  for (let cell = 1; cell <= cells; cell++) {
    const hex = cell.toString(16).padStart(2, "0");
    const net = `10.${100 + Math.floor(cell / 200)}.${cell % 200}`;
    const make = (
      n: number,
      name: string,
      role: string,
      level: number,
      product: string,
      vendor: string,
      protocol: string,
    ): void => {
      hosts.push({
        ip: `${net}.${n}`,
        mac: `00:1b:1b:${hex}:${cell > 255 ? "01" : "00"}:${n.toString(16).padStart(2, "0")}`,
        name: `${name}-${cell}`,
        role,
        level,
        zone: `Cell ${cell}`,
        vendor,
        product,
        firmware: `V${1 + (cell % 4)}.${n % 10}`,
        protocol,
      });
    };
    make(10, "plc", "plc", 1, "CPU 1515-2 PN", "Siemens", "s7comm");
    make(11, "plc-b", "plc", 1, "CPU 1214C DC/DC/DC", "Siemens", "s7comm");
    make(20, "hmi", "hmi", 2, "TP1200 Comfort", "Siemens", "profinet-dcp");
    make(2, "sw", "switch", 2, "SCALANCE XC208", "Siemens", "lldp");
    for (let i = 0; i < 4; i++)
      make(100 + i, `io${i}`, "remote_io", 0, "ET 200SP IM 155-6 PN", "Siemens", "profinet-io");
    for (let i = 0; i < 2; i++) make(120 + i, `drive${i}`, "drive", 0, "SINAMICS G120", "Siemens", "profinet-io");
    links.push([
      "SCADA-A",
      `plc-${cell}`,
      "s7comm",
      102,
      [
        ["read_var", 4, "read", 800],
        ["write_var", 5, "write", 20],
      ],
    ]);
    links.push(["SCADA-A", `plc-b-${cell}`, "s7comm", 102, [["read_var", 4, "read", 800]]]);
    links.push([
      `hmi-${cell}`,
      `plc-${cell}`,
      "s7comm",
      102,
      [
        ["read_var", 4, "read", 900],
        ["write_var", 5, "write", 9],
      ],
    ]);
    for (let i = 0; i < 4; i++)
      links.push([`plc-${cell}`, `io${i}-${cell}`, "profinet-io", 34964, [["connect", 0, "session", 2]]]);
    for (let i = 0; i < 2; i++)
      links.push([`plc-${cell}`, `drive${i}-${cell}`, "profinet-io", 34964, [["connect", 0, "session", 2]]]);
  }

  const byName = new Map(hosts.map((h) => [h.name, h]));
  const macs = new Map(hosts.map((h) => [h.ip, h.mac]));
  const ids = new Map(hosts.map((h) => [h.name, `a-${h.mac.replaceAll(":", "")}`]));
  const id = (name: string): string => ids.get(name) ?? "";
  const host = (name: string): Host => {
    const found = byName.get(name);
    if (!found) throw new Error(`no host ${name}`);
    return found;
  };
  const frames = new Frames(
    captures.map((c) => ({ id: c.id, path: c.path, first })),
    macs,
  );
  const captureOf = (h: Host): number => (h.ip.startsWith("10.10.3.") ? 2 : 1);
  const witness = (h: Host, protocol: string, field: string, value: string, peer?: Host): Evidence =>
    frames.add(captureOf(h), protocol, field, value, h.ip, peer?.ip ?? "10.20.0.11", 102);

  const conversations: Conversation[] = links.map(([c, s, protocol, port, ops, encrypted], i) => {
    const client = host(c);
    const server = host(s);
    const requests = ops.reduce((sum, [, , , n]) => sum + n, 0);
    const evidence = frames.add(
      captureOf(server),
      protocol,
      `${protocol}.request`,
      ops[0]?.[0] ?? "open",
      client.ip,
      server.ip,
      port,
    );
    return {
      id: `c-${i}`,
      client: client.ip,
      server: server.ip,
      client_asset: id(c),
      server_asset: id(s),
      server_port: port,
      transport: protocol === "dns" || protocol === "ntp" ? "udp" : "tcp",
      vlan: null,
      protocol,
      client_by: i % 5 ? "handshake" : "content",
      encrypted: encrypted ?? false,
      answered: true,
      packets: requests * 3,
      bytes: requests * (180 + Math.floor(random() * 400)),
      first_seen: evidence.time,
      last_seen: "2026-11-20T13:58:01.113000Z",
      evidence,
      operations: ops.map(([name, code, cls, n, errors]) => ({
        name,
        code,
        class: cls,
        requests: n,
        responses: n,
        errors: errors ?? 0,
        last_seen: "2026-11-20T13:57:58.000113Z",
        evidence: frames.add(captureOf(server), protocol, `${protocol}.function`, name, client.ip, server.ip, port),
      })),
    };
  });

  const assets: Asset[] = hosts.map((h) => {
    const facts: Fact[] = [];
    const protocol = h.protocol ?? "arp";
    const say = (
      attribute: string,
      value: string | undefined,
      field: string,
      confidence = 0.95,
      by = protocol,
    ): void => {
      if (value) facts.push({ attribute, value, protocol: by, confidence, evidence: witness(h, by, field, value) });
    };
    say("vendor", h.vendor, `${protocol}.vendor`, 0.9);
    say("product", h.product, `${protocol}.product_name`);
    say("order_number", h.order, `${protocol}.order_number`);
    say("firmware", h.firmware, `${protocol}.firmware`);
    say("serial", h.serial, `${protocol}.serial`);
    if (h.name !== h.ip) say("name", h.name, `${protocol}.station_name`, 0.9);
    if (h.name === "plc-filler") {
      say("firmware", "V2.8.0", "s7comm.szl.module_version", 0.6, "s7comm");
      say("vendor", "SIEMENS AG", "pn_dcp.vendor", 0.9, "profinet-dcp");
      say(
        "description",
        "Filler line 1 \u0007\u001b[31m <script>alert(1)</script> \u202egnp.exe and a very long description that the vendor wrote to explain what the device does in the plant",
        "lldp.system_description",
        0.7,
        "lldp",
      );
    }
    if (h.vendor) say("vendor", `${h.vendor} (address block)`, "eth.src_oui", 0.4, "ethernet");
    const reason =
      {
        plc: "answers a programming protocol and publishes process values",
        hmi: "reads and writes one controller all the time",
      }[h.role] ?? `its conversations are those of a ${h.role.replaceAll("_", " ")}`;
    facts.push({
      attribute: "role",
      value: h.role,
      protocol: "sightglass",
      confidence: h.role === "unknown" ? 0.2 : 0.85,
      reason,
      evidence: witness(h, protocol, `${protocol}.function`, "role"),
    });
    if (h.level !== null)
      facts.push({
        attribute: "level",
        value: String(h.level),
        protocol: "sightglass",
        confidence: 0.8,
        reason: `a ${h.role.replaceAll("_", " ")} belongs to level ${h.level}`,
        evidence: witness(h, protocol, `${protocol}.function`, "level"),
      });
    const served = conversations.filter((c) => c.server === h.ip);
    return {
      id: id(h.name),
      name: h.name,
      role: h.role,
      level: h.level,
      zone: h.zone ?? null,
      zone_why: null,
      criticality: null,
      safety: null,
      owner: null,
      location: null,
      conflicts: [],
      macs: [h.mac],
      ips: [h.ip],
      vlans: [],
      hostnames: h.level !== null && h.level >= 2 ? [h.name] : [],
      vendor: h.vendor ?? null,
      product: h.product ?? null,
      order_number: h.order ?? null,
      hardware: null,
      firmware: h.firmware ?? null,
      serial: h.serial ?? null,
      first_seen: "2026-11-20T06:02:11.104412Z",
      last_seen: "2026-11-20T14:01:58.220411Z",
      joined_by: [`ARP: ${h.ip} is at ${h.mac}`],
      services: [...new Map(served.map((c) => [c.server_port, c])).values()].map((c) => ({
        transport: c.transport,
        port: c.server_port,
        protocol: c.protocol,
        encrypted: c.encrypted,
        clients: new Set(served.filter((s) => s.server_port === c.server_port).map((s) => s.client)).size,
        evidence: c.evidence,
      })),
      modules:
        h.name === "Palletizer_L1"
          ? [
              {
                slot: "0",
                vendor: "Rockwell Automation",
                product: "1756-L73 LOGIX5573",
                order_number: "1756-L73",
                firmware: "32.011",
                serial: "00A1B2C3",
                facts: [],
              },
              {
                slot: "1",
                vendor: "Rockwell Automation",
                product: "1756-EN2T",
                order_number: "1756-EN2T",
                firmware: "11.002",
                serial: "00D4E5F6",
                facts: [
                  {
                    attribute: "product",
                    value: "1756-EN2T",
                    protocol: "cip",
                    confidence: 0.95,
                    evidence: witness(h, "cip", "cip.identity.name", "1756-EN2T"),
                  },
                ],
              },
            ]
          : [],
      facts,
    };
  });

  const seeds = [...FINDINGS];
  for (let cell = 1; cell <= cells; cell++) {
    seeds.push({
      ...(FINDINGS[10] as FindingSeed),
      asset: `plc-${cell}`,
      detail: `The firmware of plc-${cell} has a public weakness.`,
    });
    if (cell % 7 === 0)
      seeds.push({
        ...(FINDINGS[0] as FindingSeed),
        asset: `plc-b-${cell}`,
        peer: "SCADA-A",
        detail: `SCADA-A sent program blocks to plc-b-${cell}.`,
      });
  }
  const findings: Finding[] = seeds.map((f, i) => {
    const h = host(f.asset);
    const evidence = [witness(h, f.field.split(".")[0] ?? "tcp", f.field, f.value, f.peer ? host(f.peer) : undefined)];
    if (f.peer)
      evidence.push(
        frames.add(captureOf(h), f.field.split(".")[0] ?? "tcp", f.field, f.value, host(f.peer).ip, h.ip, 102),
      );
    return {
      id: `f-${i}`,
      check: f.check,
      title: f.title,
      severity: f.severity,
      subject: { asset: id(f.asset), ...(f.peer ? { peer: id(f.peer) } : {}) },
      detail: f.detail,
      evidence,
      references: { iec62443_3_3: f.sr, nist_800_53: f.nist, attack_ics: f.attack },
      rationale: f.why,
      remediation: f.todo,
    };
  });

  const accounts: Account[] = [
    {
      name: "admin",
      asset: id("sw-cell-a"),
      client: id("ES-TIA-01"),
      protocol: "telnet",
      mechanism: "password",
      encrypted: false,
      accepted: true,
      last_seen: "2026-11-20T09:12:44Z",
      evidence: witness(host("sw-cell-a"), "telnet", "telnet.data", "admin"),
    },
    {
      name: "PLANT\\svc-historian",
      asset: id("SCADA-A"),
      client: id("HISTORIAN"),
      protocol: "opcua",
      mechanism: "username",
      encrypted: false,
      accepted: true,
      last_seen: "2026-11-20T06:03:00Z",
      evidence: witness(host("SCADA-A"), "opcua", "opcua.UserName", "svc-historian"),
    },
    {
      name: "PLANT\\mueller",
      asset: id("JUMP01"),
      client: id("NB-MUELLER"),
      protocol: "rdp",
      mechanism: "ntlm",
      encrypted: true,
      accepted: null,
      last_seen: "2026-11-20T08:15:10Z",
      evidence: witness(host("JUMP01"), "rdp", "ntlmssp.auth.username", "mueller"),
    },
    {
      name: "",
      asset: id("SCADA-B"),
      client: id("HISTORIAN"),
      protocol: "opcua",
      mechanism: "anonymous",
      encrypted: false,
      accepted: true,
      last_seen: "2026-11-20T06:03:01Z",
      evidence: witness(host("SCADA-B"), "opcua", "opcua.servicenodeid.numeric", "467"),
    },
  ];
  const advise = (
    asset: string,
    advisory: string,
    cve: string,
    status: string,
    score: number | null,
    title: string,
    reason: string,
    module: string | null = null,
  ): Advisory => ({
    asset: id(asset),
    module,
    advisory,
    cve,
    status,
    reason,
    confidence: status === "possible" ? 0.475 : 0.95,
    missing: status === "possible" ? { fact: "version" } : null,
    score,
    title,
    ...NOTHING_KNOWN,
  });
  const advisories: Advisory[] = [
    advise(
      "plc-filler",
      "SSA-568427",
      "CVE-2022-38465",
      "affected",
      9.3,
      "Weak key protection in SIMATIC S7-1200 and S7-1500",
      "Order number 6ES7516-3AN01-0AB0 is listed; firmware V2.8.1 is below V2.9.2.",
    ),
    advise(
      "plc-filler",
      "SSA-382653",
      "CVE-2021-37185",
      "affected",
      7.5,
      "Denial of service in SIMATIC S7-1200 and S7-1500",
      "Order number 6ES7516-3AN01-0AB0 is listed; firmware V2.8.1 is below V2.9.4.",
    ),
    advise(
      "plc-cip-skid",
      "SSA-568427",
      "CVE-2022-38465",
      "affected",
      9.3,
      "Weak key protection in SIMATIC S7-1200 and S7-1500",
      "Order number 6ES7214-1AG40-0XB0 is listed; firmware V4.2.3 is below V4.5.0.",
    ),
    advise(
      "plc-mixer",
      "SSA-914892",
      "CVE-2019-10936",
      "fixed",
      7.5,
      "Denial of service by UDP packets in SIMATIC S7-300",
      "The advisory lists versions below V3.X.14; 6ES7315-2EH14-0AB0 runs V3.2.6, which the maker lists as fixed.",
    ),
    advise(
      "Palletizer_L1",
      "ICSA-22-090-05",
      "CVE-2022-1161",
      "affected",
      10,
      "Rockwell Automation Logix Controllers",
      "1756-L73 is a ControlLogix 5570; every version is listed.",
    ),
    advise(
      "Palletizer_L1",
      "ICSA-20-014-02",
      "CVE-2020-6998",
      "possible",
      5.8,
      "Rockwell Automation CompactLogix and ControlLogix EtherNet/IP modules",
      '1756-EN2T 11.002 is listed up to 11.001; the advisory\'s text says "and prior" without a lower bound.',
      "1",
    ),
    advise(
      "M340-WATER",
      "ICSA-20-343-02",
      "CVE-2020-7540",
      "affected",
      9.8,
      "Schneider Electric Modicon web server",
      "BMX P34 2020 v2.70 is below v3.30.",
    ),
    advise(
      "HMI_PALLET",
      "ICSA-23-089-02",
      "CVE-2020-12034",
      "possible",
      8.2,
      "Rockwell Automation PanelView Plus",
      "The product is listed; the catalogue number 2711P-T12W22D9P is not.",
    ),
    advise(
      "HIST-DMZ",
      "ICSA-21-313-06",
      "CVE-2021-43549",
      "possible",
      6.5,
      "OSIsoft PI Web API",
      "PI Data Archive was seen; whether PI Web API is installed was not.",
    ),
    advise(
      "sw-cell-a",
      "SSA-100232",
      "CVE-2019-10942",
      "not_affected",
      8.6,
      "Denial of service in SCALANCE X switches",
      "The XC-200 family is not in the list of products.",
    ),
  ];
  for (let cell = 1; cell <= cells; cell++)
    advisories.push({ ...(advisories[2] as Advisory), asset: id(`plc-b-${cell}`) });
  const problems: Problem[] = [
    {
      capture: "utilities-tap.pcap",
      frame: 61_008,
      what: "The last block is cut short: 1 frame could not be read.",
      severity: "warning",
    },
    {
      capture: "filling-core-switch.pcapng",
      frame: null,
      what: "1 204 TCP segments are missing from 3 connections: the mirror port dropped frames between 09:14 and 09:31.",
      severity: "warning",
    },
    {
      capture: "",
      frame: null,
      what: "No capture shows level 0 of Utilities: field devices there are not seen.",
      severity: "info",
    },
  ];
  return { captures, problems, assets, conversations, accounts, advisories, findings, frames };
}
