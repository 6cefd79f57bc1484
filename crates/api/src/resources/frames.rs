//! Evidence frames: the bytes behind a fact, to read and to open elsewhere. Of a log, the line.

use super::uploads::FileBytes;
use crate::error::Problem;
use crate::layers::{LayerView, layers};
use crate::query::{InPath, NoQuery};
use crate::state::State;
use axum::Json;
use axum::extract;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use model::CaptureId;
use model::frame::LinkType;
use serde::Serialize;
use store::EvidenceFrame;
use utoipa::ToSchema;

/// A kept frame.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct FrameView {
    /// Number of its capture.
    capture: u32,
    /// Its number in the capture, from 1.
    number: u64,
    /// When it was captured, RFC 3339.
    time: String,
    /// What the bytes begin with (LINKTYPE_ registry).
    link_type: u16,
    /// Bytes on the wire; more than there are below when the capture was cut.
    wire_length: u32,
    /// Captured bytes.
    captured_length: u32,
    /// The captured bytes in hexadecimal.
    bytes: String,
    /// The line itself, when the capture is a log of another system; null for a frame.
    text: Option<String>,
    /// What they are made of, from the outside in.
    layers: Vec<LayerView>,
}

/// A frame that is evidence of something, with its layers. Other frames are not kept.
#[utoipa::path(get, path = "/api/v1/captures/{id}/frames/{number}", operation_id = "read_frame", tag = "captures", params(
    ("id" = u32, Path, description = "Number of the capture"),
    ("number" = u64, Path, description = "Number of the frame in it, from 1")
), responses(
    (status = 200, description = "The frame", body = FrameView),
    (status = "default", description = "What went wrong", body = Problem, content_type = "application/problem+json"),
))]
pub(crate) async fn one(
    extract::State(state): extract::State<State>,
    InPath(place): InPath<(String, String)>,
    _: NoQuery,
) -> Result<Json<FrameView>, Problem> {
    let frame = find(&state, &place).await?;
    Ok(Json(FrameView {
        capture: frame.capture.0,
        number: frame.number,
        time: frame.time.to_string(),
        link_type: frame.link.0,
        wire_length: frame.wire_len,
        captured_length: u32::try_from(frame.bytes.len()).unwrap_or(u32::MAX),
        layers: layers(frame.link, &frame.bytes),
        text: (frame.link == LinkType::LOG_LINE).then(|| String::from_utf8_lossy(&frame.bytes).into_owned()),
        bytes: crate::hex::encode(&frame.bytes),
    }))
}

/// The same frame as a pcap file.
#[utoipa::path(get, path = "/api/v1/captures/{id}/frames/{number}/pcap", operation_id = "download_frame", tag = "captures", params(
    ("id" = u32, Path, description = "Number of the capture"),
    ("number" = u64, Path, description = "Number of the frame in it, from 1")
), responses(
    (status = 200, description = "A capture of one frame", body = inline(FileBytes), content_type = "application/vnd.tcpdump.pcap"),
    (status = "default", description = "What went wrong", body = Problem, content_type = "application/problem+json"),
))]
pub(crate) async fn pcap(
    extract::State(state): extract::State<State>,
    InPath(place): InPath<(String, String)>,
    _: NoQuery,
) -> Result<Response, Problem> {
    let frame = find(&state, &place).await?;
    if frame.link == LinkType::LOG_LINE {
        let number = frame.number;
        return Err(Problem::not_found(format!(
            "Line {number} of a log is no frame: there is no capture of it."
        )));
    }
    let name = format!("attachment; filename=\"capture-{}-frame-{}.pcap\"", frame.capture.0, frame.number);
    let save = HeaderValue::from_str(&name).map_err(|e| Problem::internal(&e))?;
    let kind = HeaderValue::from_static("application/vnd.tcpdump.pcap");
    let headers = [(header::CONTENT_TYPE, kind), (header::CONTENT_DISPOSITION, save)];
    Ok((headers, pcap_file(&frame)).into_response())
}

async fn find(state: &State, (capture, number): &(String, String)) -> Result<EvidenceFrame, Problem> {
    let capture = super::captures::number(capture, "capture")?;
    let number = super::captures::number(number, "frame")?;
    let absent = || {
        Problem::not_found(format!(
            "Frame {number} of capture {capture} is not kept: only frames that are evidence of something are."
        ))
    };
    let id = CaptureId(u32::try_from(capture).map_err(|_| absent())?);
    let found = state.store().frame(id, number).await.map_err(|e| Problem::internal(&e))?;
    found.ok_or_else(absent)
}

/// A pcap file with nanoseconds, little endian (draft-ietf-opsawg-pcap, sections 4 and 5).
fn pcap_file(frame: &EvidenceFrame) -> Vec<u8> {
    let captured = u32::try_from(frame.bytes.len()).unwrap_or(u32::MAX);
    let seconds = u32::try_from(frame.time.seconds()).unwrap_or(0);
    let nanos = u32::try_from(frame.time.0.rem_euclid(1_000_000_000)).unwrap_or(0);
    let mut file = Vec::with_capacity(40 + frame.bytes.len());
    file.extend(0xa1b2_3c4d_u32.to_le_bytes());
    file.extend([2, 0, 4, 0]);
    file.extend([0; 8]);
    file.extend(captured.max(0x0004_0000).to_le_bytes());
    file.extend(u32::from(frame.link.0).to_le_bytes());
    for word in [seconds, nanos, captured, frame.wire_len] {
        file.extend(word.to_le_bytes());
    }
    file.extend(&frame.bytes);
    file
}
