//! Groups with their members, groups within groups included.

use super::names::{Match, Names, is_dn, key};
use super::{AccountState, Holders};
use model::Text;
use model::access::Listed;
use std::collections::{BTreeMap, BTreeSet};

/// A group, and who is in it by any list.
#[derive(Default)]
struct Node<'a> {
    name: Text,
    /// Other groups in it.
    groups: BTreeSet<usize>,
    /// Members as the group names them, with the source that says so.
    members: Vec<(&'a str, &'a Text)>,
    /// Ids by which members name it.
    ids: BTreeSet<String>,
}

/// All groups of the lists.
pub(super) struct Groups<'a> {
    nodes: Vec<Node<'a>>,
    ids: BTreeMap<String, Vec<usize>>,
}

impl<'a> Groups<'a> {
    /// Groups that lists have, and those that accounts name without any list having them.
    pub(super) fn of(listed: &'a [Listed]) -> Self {
        let mut all = Self { nodes: Vec::new(), ids: BTreeMap::new() };
        let groups =
            || listed.iter().filter_map(|l| if let Listed::Group(g) = l { Some(g.as_ref()) } else { None });
        for group in groups() {
            let ids: BTreeSet<String> = group.ids.iter().map(|id| key(id.as_str())).collect();
            // The same group in two lists is one: told by its distinguished name.
            let known = ids.iter().filter(|id| is_dn(id)).find_map(|id| all.ids.get(id)?.first().copied());
            let at = known.unwrap_or_else(|| all.node(&group.name));
            all.name(at, ids);
            if let Some(node) = all.nodes.get_mut(at) {
                node.members.extend(group.members.iter().map(|member| (group.place.source.as_str(), member)));
            }
        }
        for account in listed.iter().filter_map(|l| if let Listed::Account(a) = l { Some(a) } else { None }) {
            for id in account
                .groups
                .iter()
                .filter(|id| !id.as_str().starts_with("gid:") && !id.as_str().starts_with("S-1-"))
            {
                if !all.ids.contains_key(&key(id.as_str())) {
                    let at = all.node(id);
                    all.name(at, BTreeSet::from([key(id.as_str())]));
                }
            }
        }
        all.nest(groups());
        all
    }

    fn node(&mut self, name: &Text) -> usize {
        self.nodes.push(Node { name: name.clone(), ..Node::default() });
        self.nodes.len() - 1
    }

    fn name(&mut self, at: usize, ids: BTreeSet<String>) {
        for id in &ids {
            let nodes = self.ids.entry(id.clone()).or_default();
            if !nodes.contains(&at) {
                nodes.push(at);
            }
        }
        if let Some(node) = self.nodes.get_mut(at) {
            node.ids.extend(ids);
        }
    }

    /// Which groups are in which, by the word of either.
    fn nest<'g>(&mut self, groups: impl Iterator<Item = &'g model::access::Group>) {
        let mut within: Vec<(usize, usize)> = Vec::new();
        for group in groups {
            let own = group.ids.iter().map(|id| key(id.as_str())).find(|id| is_dn(id));
            let Some(own) = own.and_then(|id| self.ids.get(&id)?.first().copied()) else { continue };
            let parents = group.groups.iter().filter_map(|id| self.ids.get(&key(id.as_str()))?.first());
            within.extend(parents.map(|parent| (*parent, own)));
            let children = group.members.iter().map(|m| key(m.as_str())).filter(|m| is_dn(m));
            let children = children.filter_map(|m| self.ids.get(&m)?.first().copied());
            within.extend(children.map(|child| (own, child)));
        }
        for (parent, child) in within {
            if let Some(node) = self.nodes.get_mut(parent).filter(|_| parent != child) {
                node.groups.insert(child);
            }
        }
    }

    /// What a name of a group means.
    pub(super) fn find(&self, name: &str) -> Match {
        let name = key(name);
        let bare = name.rsplit_once('\\').map_or(name.as_str(), |(_, bare)| bare);
        Match::of(self.ids.get(&name).or_else(|| self.ids.get(bare)).cloned().unwrap_or_default())
    }

    /// Every account in a group or in one within it, with the groups on the way, its own first. Each account once, by a shortest way.
    pub(super) fn members(&self, group: usize, names: &Names, accounts: &[AccountState]) -> Holders {
        let mut way: BTreeMap<usize, Option<usize>> = BTreeMap::from([(group, None)]);
        let mut order = vec![group];
        let mut next = 0;
        while let Some(at) = order.get(next).copied() {
            next += 1;
            for child in self.nodes.get(at).into_iter().flat_map(|node| &node.groups) {
                way.entry(*child).or_insert_with(|| {
                    order.push(*child);
                    Some(at)
                });
            }
        }
        let mut found: BTreeMap<usize, usize> = BTreeMap::new();
        let own = self.direct(accounts, &way);
        for at in &order {
            let Some(node) = self.nodes.get(*at) else { continue };
            let named =
                node.members.iter().filter_map(|(source, member)| member_of(source, member, names, accounts));
            let naming = own.get(at).into_iter().flatten().copied();
            named.chain(naming).for_each(|account| {
                found.entry(account).or_insert(*at);
            });
        }
        found.into_iter().map(|(account, at)| (account, self.path(at, &way))).collect()
    }

    /// Accounts that name one of these groups as their own.
    fn direct(
        &self,
        accounts: &[AccountState],
        way: &BTreeMap<usize, Option<usize>>,
    ) -> BTreeMap<usize, Vec<usize>> {
        let mut all: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        for (at, listed) in accounts.iter().enumerate().filter_map(|(at, a)| Some((at, a.listed()?))) {
            for id in listed.groups.iter().map(|id| key(id.as_str())) {
                for group in self.ids.get(&id).into_iter().flatten().filter(|g| way.contains_key(g)) {
                    all.entry(*group).or_default().push(at);
                }
            }
        }
        all
    }

    fn path(&self, from: usize, way: &BTreeMap<usize, Option<usize>>) -> Vec<Text> {
        let mut path = Vec::new();
        let mut at = Some(from);
        while let Some(node) = at.and_then(|at| self.nodes.get(at)) {
            path.push(node.name.clone());
            at = at.and_then(|at| way.get(&at).copied().flatten());
        }
        path
    }
}

/// The account that a group's word for a member means. A bare user name (memberUid, RFC 2307) means one of the same directory.
fn member_of(source: &str, member: &Text, names: &Names, accounts: &[AccountState]) -> Option<usize> {
    let same = |at: &usize| {
        accounts.get(*at).and_then(AccountState::listed).is_some_and(|a| a.place.source.as_str() == source)
    };
    match names.find(member.as_str(), None) {
        Match::One(at) => Some(at),
        Match::Many(all) => {
            let mut all = all.into_iter().filter(same);
            all.next().filter(|_| all.next().is_none())
        }
        Match::None => None,
    }
}
