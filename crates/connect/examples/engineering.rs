//! Prints what engineering files say: `cargo run -p sightglass-connect --example engineering FILE…`

use sightglass_connect::engineering::{ModuleOf, Project, Said, read};

fn main() {
    for path in std::env::args().skip(1) {
        match std::fs::read(&path) {
            Ok(bytes) => match read(&path, &bytes) {
                Ok(project) => print(&path, &project),
                Err(e) => println!("{e}"),
            },
            Err(e) => println!("{path}: {e}"),
        }
    }
}

fn print(path: &str, project: &Project) {
    let title = project.title.as_ref().map(ToString::to_string).unwrap_or_default();
    println!("{path}: {} {title:?}", project.format);
    project.notes.iter().for_each(|note| println!("  note: {note}"));
    for device in &project.devices {
        println!("  device {:?} {:?} {:?} line {}", device.name, device.ips, device.macs, device.line);
        claims("    ", &device.claims);
        modules(&device.modules);
        for p in &device.programs {
            println!("    runs {} {} {:?} line {}", p.kind.as_str(), p.name, p.checksum, p.line);
        }
        device.streams.iter().for_each(|s| println!("    {s:?}"));
    }
    for kind in &project.types {
        println!("  type {:?} line {}", kind.name, kind.line);
        claims("    ", &kind.claims);
        modules(&kind.modules);
    }
}

fn modules(modules: &[ModuleOf]) {
    for module in modules {
        println!("    module {:?}", module.place);
        claims("      ", &module.claims);
    }
}

fn claims(indent: &str, claims: &[Said]) {
    for said in claims {
        println!("{indent}{}: {} ({} at line {})", said.attribute, said.value, said.field, said.line);
    }
}
