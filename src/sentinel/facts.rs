//! What Sentinel knows of entities, tactics, techniques and data connectors, embedded.

use std::sync::OnceLock;

static TEXT: &str = include_str!("facts.txt");

/// An entity type.
pub(super) struct Entity {
    pub name: &'static str,
    pub identifiers: Vec<&'static str>,
    /// Of these groups one, with all its identifiers, must be mapped.
    pub required: Vec<Vec<&'static str>>,
}

/// A tactic and its techniques.
pub(super) struct Tactic {
    pub name: &'static str,
    pub techniques: Vec<&'static str>,
}

struct Facts {
    entities: Vec<Entity>,
    tactics: Vec<Tactic>,
    connectors: Vec<&'static str>,
}

fn facts() -> &'static Facts {
    static FACTS: OnceLock<Facts> = OnceLock::new();
    FACTS.get_or_init(|| {
        let mut facts = Facts {
            entities: Vec::new(),
            tactics: Vec::new(),
            connectors: Vec::new(),
        };
        for line in TEXT.lines() {
            let mut words = line.split(' ');
            let (kind, Some(name)) = (words.next(), words.next()) else {
                continue;
            };
            match kind {
                Some("entity") => {
                    let rest = line.split_once(" : ").map_or("", |(_, rest)| rest);
                    let groups = rest.split(" | ").map(|group| group.split('+').collect());
                    facts.entities.push(Entity {
                        name,
                        identifiers: words.take_while(|word| *word != ":").collect(),
                        required: groups.collect(),
                    });
                }
                Some("tactic") => facts.tactics.push(Tactic {
                    name,
                    techniques: words.collect(),
                }),
                Some("connector") => facts.connectors.extend(std::iter::once(name).chain(words)),
                _ => {}
            }
        }
        facts
    })
}

/// The entity types.
pub(super) fn entities() -> &'static [Entity] {
    &facts().entities
}

/// The tactics.
pub(super) fn tactics() -> &'static [Tactic] {
    &facts().tactics
}

/// Ids of data connectors; there are newer ones.
pub(super) fn connectors() -> &'static [&'static str] {
    &facts().connectors
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_is_read() {
        assert_eq!(entities().len(), 19);
        assert_eq!(tactics().len(), 17);
        assert!(connectors().len() > 100 && connectors().contains(&"SecurityEvents"));
        let hash = entities().iter().find(|e| e.name == "FileHash").unwrap();
        assert_eq!(hash.identifiers, ["Algorithm", "Value"]);
        assert_eq!(hash.required, [["Algorithm", "Value"]]);
        let discovery = tactics().iter().find(|t| t.name == "Discovery").unwrap();
        assert!(discovery.techniques.contains(&"T1046"));
    }
}
