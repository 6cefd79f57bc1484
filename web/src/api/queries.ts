import { QueryClient, useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { ApiError, body, client } from "./client";
import type { paths } from "./schema";
import type {
  AccessAccount,
  AccessOverview,
  AccessRow,
  AccountRow,
  Act,
  AdvisoryRow,
  AssetDetail,
  AssetRow,
  ConversationDetail,
  ConversationRow,
  FindingDetail,
  FindingRow,
  FlowRow,
  MatchDetail,
  Page,
  Reconciliation,
  Summary,
} from "./types";

export const queryClient = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 60_000,
      refetchOnWindowFocus: false,
      retry: (failures, error) => !(error instanceof ApiError && error.status < 500) && failures < 2,
    },
  },
});

/** Everything on screen follows from the posture: when it changes, all of it is asked for again. */
export function refreshAll(): void {
  void queryClient.invalidateQueries();
}

interface Rows {
  assets: AssetRow;
  findings: FindingRow;
  conversations: ConversationRow;
  advisories: AdvisoryRow;
  accounts: AccountRow;
  access: AccessRow;
  flows: FlowRow;
}
type List = keyof Rows;

/** Parameters by the names the API knows; the words come from the address and are checked by the server. */
export type Query<K extends List> = {
  [P in keyof NonNullable<paths[`/api/v1/${K}`]["get"]["parameters"]["query"]>]?: string | string[];
};

const PAGE = 500;
/** Beyond this a whole list is cut, and the page says so. */
export const MOST = 10_000;

async function page<K extends List>(list: K, query: Query<K>, limit: number, cursor?: string): Promise<Page<Rows[K]>> {
  const said = Object.fromEntries(
    Object.entries({ ...query, limit, cursor }).filter(([, value]) => value !== undefined && value !== ""),
  );
  // One call for six lists: their parameters differ, so the compiler cannot follow; `Query` checked the names.
  return (await body(
    client.GET(`/api/v1/${list}` as "/api/v1/assets", { params: { query: said } }),
  )) as unknown as Page<Rows[K]>;
}

async function whole<K extends List>(list: K, query: Query<K>): Promise<Page<Rows[K]>> {
  const items: Rows[K][] = [];
  let cursor: string | undefined;
  let total = 0;
  do {
    const next = await page(list, query, PAGE, cursor);
    items.push(...next.items);
    total = next.total;
    cursor = next.next ?? undefined;
  } while (cursor && items.length < MOST);
  return { items, next: cursor ?? null, total };
}

/** A list page by page, filtered and sorted by the server: the next page comes when the table nears its end. */
export function useList<K extends List>(list: K, query: Query<K>) {
  return useInfiniteQuery({
    queryKey: [list, "pages", query],
    queryFn: ({ pageParam }) => page(list, query, 200, pageParam || undefined),
    initialPageParam: "",
    getNextPageParam: (last) => last.next ?? undefined,
    placeholderData: (previous) => previous,
  });
}

/** A whole list, for pages that group or draw it. */
export function useWhole<K extends List>(list: K, query: Query<K> = {}, enabled = true) {
  return useQuery({ queryKey: [list, "whole", query], queryFn: () => whole(list, query), enabled });
}

/** The first rows that match some words. */
export async function find<K extends List>(list: K, q: string, most: number): Promise<Rows[K][]> {
  return (await page(list, { q } as Query<K>, most)).items;
}

/** Asked for regularly: its generation tells when the posture has changed. */
export const useSummary = () =>
  useQuery({
    queryKey: ["summary"],
    queryFn: () => body(client.GET("/api/v1/summary")) as Promise<Summary>,
    staleTime: 0,
    refetchInterval: 15_000,
  });

/** What this version understands: it cannot change while the page is open. */
export const useProtocols = () =>
  useQuery({
    queryKey: ["protocols"],
    queryFn: async () => (await body(client.GET("/api/v1/protocols"))).items,
    staleTime: Number.POSITIVE_INFINITY,
  });

/** What holds for all accounts: the period, secrets that were shown. */
export const useAccessOverview = () =>
  useQuery({
    queryKey: ["access", "overview"],
    queryFn: () => body(client.GET("/api/v1/access/overview")) as Promise<AccessOverview>,
  });

export const useAccess = (id: string) =>
  useQuery({
    queryKey: ["access", "one", id],
    queryFn: () => body(client.GET("/api/v1/access/{id}", { params: { path: { id } } })) as Promise<AccessAccount>,
    enabled: id !== "",
  });

export const useAsset = (id: string) =>
  useQuery({
    queryKey: ["asset", id],
    queryFn: () => body(client.GET("/api/v1/assets/{id}", { params: { path: { id } } })) as Promise<AssetDetail>,
    enabled: id !== "",
  });

export const useFinding = (id: string) =>
  useQuery({
    queryKey: ["finding", id],
    queryFn: () => body(client.GET("/api/v1/findings/{id}", { params: { path: { id } } })) as Promise<FindingDetail>,
    enabled: id !== "",
  });

export const useConversation = (id: string) =>
  useQuery({
    queryKey: ["conversation", id],
    queryFn: () =>
      body(client.GET("/api/v1/conversations/{id}", { params: { path: { id } } })) as Promise<ConversationDetail>,
    enabled: id !== "",
  });

export const useMatch = (id: string) =>
  useQuery({
    queryKey: ["match", id],
    queryFn: () => body(client.GET("/api/v1/advisories/{id}", { params: { path: { id } } })) as Promise<MatchDetail>,
    enabled: id !== "",
  });

export const useZones = () => useQuery({ queryKey: ["zones"], queryFn: () => body(client.GET("/api/v1/zones")) });

export const useReachability = () =>
  useQuery({ queryKey: ["reachability"], queryFn: () => body(client.GET("/api/v1/reachability")) });

/** What to find out next, the fact that settles most first. */
export const useQuestions = () =>
  useQuery({
    queryKey: ["advisories", "missing"],
    queryFn: async () => (await body(client.GET("/api/v1/advisories/missing"))).items,
  });

export const useCoverage = () =>
  useQuery({ queryKey: ["coverage"], queryFn: () => body(client.GET("/api/v1/coverage")) });

/** Null is an answer, too: no list was read. */
export const useReconciliation = () =>
  useQuery({
    queryKey: ["reconciliation"],
    queryFn: async (): Promise<{ answer: Reconciliation | null }> => {
      const { data, error, response } = await client.GET("/api/v1/reconciliation");
      if (!response.ok) await body(Promise.resolve({ error, response }));
      return { answer: data ?? null };
    },
  });

export const useFeeds = () =>
  useQuery({ queryKey: ["intelligence"], queryFn: () => body(client.GET("/api/v1/intelligence")) });

export const useDecisions = () =>
  useQuery({
    queryKey: ["decisions"],
    queryFn: async () => (await body(client.GET("/api/v1/decisions"))).decisions,
  });

export const useViews = () =>
  useQuery({ queryKey: ["views"], queryFn: async () => (await body(client.GET("/api/v1/views"))).views });

/** Decides, and asks for everything again: when the server answers, the posture has it. */
export async function decide(by: string, why: string, acts: Act[]): Promise<void> {
  // The description of the API has acts as plain objects; `Act` says what they are.
  const sent = { by, why, acts: acts as unknown as Record<string, never>[] };
  await body(client.POST("/api/v1/decisions", { body: sent }));
  refreshAll();
}

export const useMap = () => useQuery({ queryKey: ["map"], queryFn: () => body(client.GET("/api/v1/map")) });

export const useFrame = (id: number, number: number) =>
  useQuery({
    queryKey: ["frame", id, number],
    queryFn: () => body(client.GET("/api/v1/captures/{id}/frames/{number}", { params: { path: { id, number } } })),
  });

/** All findings, for pictures that colour by them. */
export const useFindings = (enabled = true) => useWhole("findings", {}, enabled);

export const framePcap = (capture: number, frame: number): string => `/api/v1/captures/${capture}/frames/${frame}/pcap`;
