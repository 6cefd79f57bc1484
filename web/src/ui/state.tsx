import type { ReactNode } from "react";
import { ApiError } from "../api/client";
import { text } from "../text";

export function Loading() {
  return (
    <div className="state loading" role="status">
      {text.common.loading}
    </div>
  );
}

/** What happened, what was kept, what to do. */
export function Failure({ error, retry }: { error: unknown; retry?: () => void }) {
  const gone = error instanceof ApiError && error.status === 404;
  const known = error instanceof ApiError;
  return (
    <div className="state" role="alert">
      <h2>{gone ? text.common.error.notFound : text.common.error.title}</h2>
      <p>
        {gone && !error.detail
          ? text.common.error.notFoundText
          : known
            ? error.detail || error.title
            : text.common.error.offline}
      </p>
      {gone ? null : <p className="muted">{text.common.error.kept}</p>}
      {retry && !gone ? (
        <button type="button" className="button" onClick={retry}>
          {text.common.retry}
        </button>
      ) : null}
    </div>
  );
}

export function Empty({ title, children }: { title: string; children?: ReactNode }) {
  return (
    <div className="state">
      <h2>{title}</h2>
      {typeof children === "string" ? <p>{children}</p> : children}
    </div>
  );
}

/** Answers of a query as loading, failure or content. */
export function Ready<T>({
  query,
  children,
}: {
  query: { data: T | undefined; error: unknown; refetch: () => unknown };
  children: (data: T) => ReactNode;
}) {
  if (query.data !== undefined) return <>{children(query.data)}</>;
  if (query.error) return <Failure error={query.error} retry={() => void query.refetch()} />;
  return <Loading />;
}
