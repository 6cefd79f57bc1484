import { Link, useParams as useRoute } from "wouter";
import { framePcap, useFrame, useSummary } from "../api/queries";
import type { FrameView } from "../api/types";
import { count } from "../lib/format";
import { hexLines, parseHex } from "../lib/hex";
import { visible } from "../lib/inert";
import { paths } from "../lib/paths";
import { useParams } from "../lib/url";
import { text } from "../text";
import { Facts, Section } from "../ui/drawer";
import { Icon } from "../ui/icons";
import { Ready } from "../ui/state";
import { Time } from "../ui/time";
import { Wire, WireText } from "../ui/wire";

const t = text.packet;

/** Only addresses of this interface lead back. */
function safeBack(from: string): string | null {
  return /^\/(?![/\\])/.test(from) ? from : null;
}

export default function Packet() {
  const route = useRoute<{ capture: string; frame: string }>();
  const capture = Number(route.capture);
  const number = Number(route.frame);
  const frame = useFrame(capture, number);
  return (
    <Ready query={frame}>
      {(data) => <Body key={`${capture}/${number}`} capture={capture} number={number} frame={data} />}
    </Ready>
  );
}

function Body({ capture, number, frame }: { capture: number; number: number; frame: FrameView }) {
  const [p] = useParams({ offset: "", length: "", field: "", from: "" });
  const summary = useSummary();
  const name = summary.data?.captures.find((c) => c.id === capture);
  const mark = p.offset !== "" ? { offset: Number(p.offset), length: Math.max(1, Number(p.length) || 1) } : null;
  const bytes = parseHex(frame.bytes);
  const back = safeBack(p.from);
  const marked = mark ? bytes.slice(mark.offset, mark.offset + mark.length) : [];
  return (
    <div className="page packet-page">
      <p className="crumb">
        {back ? <Link href={back}>← {text.common.back}</Link> : <Link href={paths.sources()}>{text.nav.sources}</Link>}
      </p>
      <header className="packet-head">
        <h1>{frame.text == null ? t.title(number) : t.lineTitle(number)}</h1>
        <span className="grow" />
        {frame.text == null ? (
          <a className="button" href={framePcap(capture, number)} download={`capture-${capture}-frame-${number}.pcap`}>
            <Icon name="sources" />
            {t.download}
          </a>
        ) : null}
      </header>
      <Facts
        items={[
          [t.capture, name ? <WireText key="c" value={name.path} max={70} /> : `#${capture}`],
          [text.common.time, <Time key="t" value={frame.time} fraction />],
          [
            t.length,
            `${count(frame.wire_length)} B${bytes.length < frame.wire_length ? ` (${count(bytes.length)} B ${t.captured})` : ""}`,
          ],
        ]}
      />
      {mark ? (
        <p className="mark-line">
          <span className="mark-key">{t.marked}</span>{" "}
          {p.field ? <span className="mono">{visible(p.field)}</span> : null} {t.markedText(mark.offset, mark.length)}
          {" · "}
          <Value bytes={marked} />
        </p>
      ) : p.field ? (
        <p className="note">{frame.text == null ? t.noMark : t.lineField(visible(p.field))}</p>
      ) : null}
      {frame.text == null ? <Bytes frame={frame} bytes={bytes} mark={mark} /> : <Line value={frame.text} />}
    </div>
  );
}

/** A line of a log: inert, whole, as it stands in the file. */
function Line({ value }: { value: string }) {
  return (
    <Section title={t.line}>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard */}
      <pre className="log-line mono" tabIndex={0}>
        <bdi>{visible(value)}</bdi>
      </pre>
    </Section>
  );
}

function Bytes({
  frame,
  bytes,
  mark,
}: {
  frame: FrameView;
  bytes: number[];
  mark: { offset: number; length: number } | null;
}) {
  return (
    <div className="columns packet-columns">
      <Section title={t.bytes}>
        <Hex bytes={bytes} mark={mark} />
      </Section>
      <Section title={t.layers}>
        <ol className="layers">
          {frame.layers.map((layer, i) => (
            <li key={i}>
              <strong>{layer.name}</strong>
              <span className="muted mono">
                {layer.offset}–{layer.offset + Math.max(1, layer.length) - 1}
              </span>
              <span className="layer-summary">
                <Wire value={layer.summary} max={90} />
              </span>
            </li>
          ))}
        </ol>
      </Section>
    </div>
  );
}

/** Marked bytes as text where they are text, else as a number. */
function Value({ bytes }: { bytes: number[] }) {
  const printable = bytes.filter((b) => b >= 0x20 && b < 0x7f).length;
  if (bytes.length && printable / bytes.length >= 0.7)
    return (
      <>
        {t.asText} <Wire value={String.fromCharCode(...bytes)} max={80} />
      </>
    );
  return (
    <span className="mono">
      0x
      {bytes
        .slice(0, 16)
        .map((b) => b.toString(16).padStart(2, "0"))
        .join("")}
      {bytes.length > 16 ? "…" : ""}
    </span>
  );
}

function Hex({ bytes, mark }: { bytes: number[]; mark: { offset: number; length: number } | null }) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard
    <section className="hex-box" tabIndex={0} aria-label={t.hexLabel}>
      <table className="hex">
        <thead className="sr-only">
          <tr>
            <th scope="col">{t.offset}</th>
            <th scope="col">{t.bytes}</th>
            <th scope="col">{t.asText}</th>
          </tr>
        </thead>
        <tbody>
          {hexLines(bytes, mark).map((line) => (
            <tr key={line.offset}>
              <th scope="row">{line.offset}</th>
              <td>
                {line.cells.map((c, i) => (
                  <span key={i} className={`${c.marked ? "byte marked" : "byte"}${i === 8 ? " half" : ""}`}>
                    {c.hex}
                  </span>
                ))}
              </td>
              <td className="ascii">
                {line.cells.map((c, i) => (
                  <span key={i} className={c.marked ? "marked" : undefined}>
                    {c.text}
                  </span>
                ))}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}
