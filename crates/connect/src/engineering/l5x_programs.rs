//! What runs on a Logix controller: tasks, programs with their routines, add-on instructions, and the safety signature.
//! Source: Rockwell Automation 1756-RM084: `SafetyInfo`, `AddOnInstructionDefinition`, `Program`, `Routine`, `Task`.

use super::fingerprint::{self, Except};
use super::project::{Program, ProgramKind};
use super::xml::{self, File, Node, attr, child, children};
use model::Text;

/// Not part of a program: values, and who changed it when.
const EXCEPT: Except = Except {
    elements: &["Data", "DefaultData", "CustomProperties"],
    attributes: &["TestEdits", "EditedDate", "EditedBy", "Use"],
};

/// Everything that runs.
pub(super) fn programs(file: &File<'_>, controller: Node<'_>) -> Vec<Program> {
    let mut found = Vec::new();
    if let Some(safety) = child(controller, "SafetyInfo")
        && let Some(signature) = attr(safety, "SafetySignature")
    {
        let (name, kind) = (Text::new("safety application"), ProgramKind::Safety);
        found.push(Program { name, kind, checksum: Some(Text::new(signature)), line: file.line(safety) });
    }
    for task in child(controller, "Tasks").into_iter().flat_map(|t| children(t, "Task")) {
        found.extend(program(file, task, ProgramKind::Task, None));
    }
    for node in child(controller, "Programs").into_iter().flat_map(|p| children(p, "Program")) {
        found.extend(program(file, node, ProgramKind::Program, None));
        let within = attr(node, "Name");
        for routine in child(node, "Routines").into_iter().flat_map(node_children) {
            found.extend(program(file, routine, ProgramKind::Routine, within));
        }
    }
    let blocks = child(controller, "AddOnInstructionDefinitions");
    for block in blocks.into_iter().flat_map(node_children) {
        found.extend(program(file, block, ProgramKind::Block, None));
    }
    found
}

/// Elements of any name: what is protected stands as `EncodedData`.
fn node_children<'a>(node: Node<'a>) -> impl Iterator<Item = Node<'a>> {
    node.children().filter(Node::is_element)
}

fn program(file: &File<'_>, node: Node<'_>, kind: ProgramKind, within: Option<&str>) -> Option<Program> {
    let name = attr(node, "Name")?;
    let name = within.map_or_else(|| name.to_owned(), |program| format!("{program}/{name}"));
    let signed =
        attr(node, "SafetySignature").or(attr(node, "SafetySignatureID")).or(attr(node, "SignatureID"));
    let checksum = match (signed.filter(|s| xml::number(s) != Some(0)), kind) {
        (Some(signature), _) => Text::new(signature),
        (None, ProgramKind::Program) => {
            fingerprint::of_nodes(child(node, "Routines").into_iter().chain(child(node, "Tags")), EXCEPT)
        }
        _ => fingerprint::of_node(node, EXCEPT),
    };
    Some(Program { name: Text::new(&name), kind, checksum: Some(checksum), line: file.line(node) })
}
