import { Link, useParams } from "wouter";
import { useFinding } from "../api/queries";
import { paths } from "../lib/paths";
import { text } from "../text";
import { FindingBody } from "../ui/finding";
import { SeverityMark } from "../ui/severity";
import { Ready } from "../ui/state";

export default function FindingPage() {
  const { id = "" } = useParams<{ id: string }>();
  const finding = useFinding(id);
  return (
    <Ready query={finding}>
      {({ finding: data }) => (
        <article className="page finding-page">
          <p className="crumb">
            <Link href={paths.findings()}>{text.nav.findings}</Link>
          </p>
          <header>
            <h1>{data.title}</h1>
            <p>
              <SeverityMark severity={data.severity} />{" "}
              <span className="muted">{text.severityNote[data.severity]}</span>{" "}
              <Link className="mono muted" href={paths.findings({ check: data.check })}>
                {data.check}
              </Link>
            </p>
          </header>
          <FindingBody finding={data} />
        </article>
      )}
    </Ready>
  );
}
