//! The distinct members of each group in the order in which they first appear, up to a limit.

use crate::contract::Fault;

use super::keys::{Key, Members};
use super::state::{by_group, bytes_of};

/// Where a member first appeared: position of its row, place within the row's value.
pub type Place = (u64, u32);

/// What became of a member offered.
pub enum Added {
    /// It is new; its index is the next one.
    New,
    /// The one of this index turned out to appear here first.
    Earlier(usize),
    /// Nothing: it appeared before, or the group is full of earlier ones.
    Known,
}

/// See the module.
pub struct Firsts {
    limit: usize,
    members: Members,
    places: Vec<Place>,
    /// Number of members and last place, by group.
    last: Vec<(usize, Place)>,
}

impl Firsts {
    /// Of which at most `limit` per group will be wanted.
    pub fn new(limit: usize) -> Firsts {
        Firsts {
            limit,
            members: Members::default(),
            places: Vec::new(),
            last: Vec::new(),
        }
    }

    /// Makes room for the groups.
    pub fn grow(&mut self, group_count: usize) {
        let count = group_count.max(self.last.len());
        self.last.resize(count, (0, (0, 0)));
    }

    /// Whether a member at this place would come too late to be among the group's first.
    pub fn is_late(&self, group: u32, place: Place) -> bool {
        let (count, last) = self.last[group as usize];
        count >= self.limit && place > last
    }

    /// Offers a member.
    pub fn add(&mut self, group: u32, key: Key, place: Place) -> Added {
        if self.is_late(group, place) {
            return Added::Known;
        }
        let (index, new) = self.members.insert(group, key);
        if new {
            self.places.push(place);
            let (count, last) = &mut self.last[group as usize];
            *count += 1;
            *last = place.max(*last);
            Added::New
        } else if place < self.places[index] {
            self.places[index] = place;
            Added::Earlier(index)
        } else {
            Added::Known
        }
    }

    /// Group, key and place of each member.
    pub fn entries(&self) -> impl Iterator<Item = (u32, Key, Place)> {
        let places = self.places.iter();
        let entries = self.members.entries().iter().zip(places);
        entries.map(|((group, key), place)| (*group, *key, *place))
    }

    /// The key of a member.
    pub fn key(&self, index: usize) -> Key {
        self.members.entries()[index].1
    }

    /// Fails before the indices run out.
    pub fn check(&self) -> Result<(), Fault> {
        self.members.check()
    }

    /// Calls `f` with each group's first members, in order.
    pub fn in_order(&self, group_count: usize, mut f: impl FnMut(&[u32])) {
        let groups = self.members.entries().iter().map(|(group, _)| *group);
        let (starts, mut order) = by_group(groups, group_count);
        for group in 0..group_count {
            let members = &mut order[starts[group]..starts[group + 1]];
            if !members.is_sorted_by_key(|index| self.places[*index as usize]) {
                members.sort_unstable_by_key(|index| self.places[*index as usize]);
            }
            f(&members[..members.len().min(self.limit)]);
        }
    }

    /// About how many bytes it holds.
    pub fn size(&self) -> usize {
        self.members.size() + bytes_of(&self.places) + bytes_of(&self.last)
    }
}
