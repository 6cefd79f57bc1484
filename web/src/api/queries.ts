import { QueryClient, useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { ApiError, get, type Query } from "./client";
import type {
  AccountRow, AdvisoryRow, Asset, AssetRow, Conversation, ConversationRow, Finding, FindingRow, FrameView, Page, PlantMap, Summary,
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

const PAGE = 500;
/** Beyond this a whole list is cut, and the page says so. */
export const MOST = 5_000;

interface Lists {
  assets: AssetRow;
  findings: FindingRow;
  conversations: ConversationRow;
  advisories: AdvisoryRow;
  accounts: AccountRow;
}

async function whole<T>(path: string, query: Query): Promise<Page<T>> {
  const items: T[] = [];
  let cursor: string | undefined;
  let total = 0;
  do {
    const page = await get<Page<T>>(path, { ...query, limit: PAGE, cursor });
    items.push(...page.items);
    total = page.total;
    cursor = page.next ?? undefined;
  } while (cursor && items.length < MOST);
  return { items, next: cursor ?? null, total };
}

/** A list page by page, filtered and sorted by the server: the next page comes when the table nears its end. */
export function useList<K extends keyof Lists>(list: K, query: Query) {
  return useInfiniteQuery({
    queryKey: [list, "pages", query],
    queryFn: ({ pageParam }) => get<Page<Lists[K]>>(`/${list}`, { ...query, limit: 200, cursor: pageParam || undefined }),
    initialPageParam: "",
    getNextPageParam: (page) => page.next ?? undefined,
    placeholderData: (previous) => previous,
  });
}

/** A whole list, for pages that group or draw it. */
export function useWhole<K extends keyof Lists>(list: K, query: Query = {}, enabled = true) {
  return useQuery({ queryKey: [list, "whole", query], queryFn: () => whole<Lists[K]>(`/${list}`, query), enabled });
}

export const useSummary = () => useQuery({ queryKey: ["summary"], queryFn: () => get<Summary>("/summary") });
export const useAsset = (id: string) =>
  useQuery({ queryKey: ["asset", id], queryFn: () => get<Asset>(`/assets/${encodeURIComponent(id)}`), enabled: id !== "" });
export const useFinding = (id: string) =>
  useQuery({ queryKey: ["finding", id], queryFn: () => get<Finding>(`/findings/${encodeURIComponent(id)}`), enabled: id !== "" });
export const useConversation = (id: string) =>
  useQuery({ queryKey: ["conversation", id], queryFn: () => get<Conversation>(`/conversations/${encodeURIComponent(id)}`), enabled: id !== "" });
export const useMap = () => useQuery({ queryKey: ["map"], queryFn: () => get<PlantMap>("/map") });
export const useFrame = (capture: number, frame: number) =>
  useQuery({ queryKey: ["frame", capture, frame], queryFn: () => get<FrameView>(`/captures/${capture}/frames/${frame}`) });

export const framePcap = (capture: number, frame: number): string => `/api/v1/captures/${capture}/frames/${frame}/pcap`;

/** All findings, for pictures that colour by them. */
export const useFindings = (enabled = true) => useWhole("findings", {}, enabled);
