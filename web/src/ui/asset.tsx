import { Link } from "wouter";
import type { Severity } from "../api/types";
import { paths } from "../lib/paths";
import { SEVERITY_SHAPE } from "../lib/severity";
import { text } from "../text";
import { RoleIcon } from "./icons";
import { Name } from "./wire";

/** A dot only where something of high severity is open. */
export function Dot({ worst }: { worst: Severity | string | null | undefined }) {
  if (worst !== "critical" && worst !== "high") return null;
  return (
    <span className={`dot dot-${worst}`} role="img" aria-label={text.severity[worst]} title={text.severity[worst]}>
      {SEVERITY_SHAPE[worst]}
    </span>
  );
}

/** An asset in a table: icon, name, dot. */
export function AssetName({ name, role, worst }: { name: string; role?: string; worst?: string | null }) {
  return (
    <span className="asset-name">
      {role ? <RoleIcon role={role} /> : null}
      <Name value={name} max={32} />
      <Dot worst={worst} />
    </span>
  );
}

/** A link to an asset; what was never heard is shown by its address. */
export function AssetLink({
  id,
  name,
  address,
}: {
  id: string | null | undefined;
  name: string | null | undefined;
  address?: string;
}) {
  if (!id) return <bdi className="wire">{name ?? address ?? text.common.unknown}</bdi>;
  return (
    <Link href={paths.asset(id)}>
      <Name value={name ?? address ?? id} max={32} />
    </Link>
  );
}

/** A Purdue level as a small figure; "not known" looks different from a level. */
export function LevelFigure({ level, word = false }: { level: number | string | null | undefined; word?: boolean }) {
  if (level === null || level === undefined || level === "unknown")
    return <span className="level unknown">{word ? text.level.unknown : "?"}</span>;
  return (
    <span className="level" title={text.level[String(level)]}>
      {level}
      {word ? <span className="level-word"> {text.level[String(level)]}</span> : null}
    </span>
  );
}

export function Unknown() {
  return <span className="unknown">{text.common.unknown}</span>;
}

/** Role in words. */
export function roleWord(role: string): string {
  return text.role[role] ?? role;
}
