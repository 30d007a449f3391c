//! Entity mappings: which columns of the result are accounts, hosts, addresses.

use super::{
    BAD_VALUE, COLUMNS, Checks, ENTITIES, MISSING_FIELD, OLD_ENTITY, Output, is_identifier,
};
use crate::diagnostic::nearest;
use crate::sentinel::facts::{self, Entity};
use crate::sentinel::tree::Node;

/// Mappings of a rule at most.
const MOST_MAPPINGS: usize = 10;
/// Identifiers of a mapping at most.
const MOST_IDENTIFIERS: usize = 3;
/// Characters of a column's name at most.
const LONGEST_COLUMN: usize = 500;

/// Columns that once became entities by their names.
const OLD: [&str; 6] = [
    "AccountCustomEntity",
    "HostCustomEntity",
    "IPCustomEntity",
    "URLCustomEntity",
    "ProcessCustomEntity",
    "FileHashCustomEntity",
];

impl<'a> Checks<'a> {
    pub(super) fn entities(&mut self) {
        let document = self.document();
        let mut mapped: Vec<&str> = Vec::new();
        if let Some(mappings) = document.filled("entityMappings") {
            let items = self.items_of(mappings, "entityMappings");
            if items.len() > MOST_MAPPINGS {
                let message = format!(
                    "there are {} mappings; Sentinel takes {MOST_MAPPINGS}",
                    items.len()
                );
                self.error(&ENTITIES, &items[MOST_MAPPINGS], message);
            }
            for mapping in items {
                self.mapping(mapping, &mut mapped);
            }
        }
        for mapping in document
            .filled("sentinelEntitiesMappings")
            .and_then(Node::items)
            .unwrap_or_default()
        {
            if let Some(column) = mapping.filled("columnName")
                && let Some(name) = column.text()
            {
                let span = self.span(column);
                self.column(span, name);
            }
        }
        self.old_columns(&mapped);
    }

    fn mapping(&mut self, mapping: &'a Node, mapped: &mut Vec<&'a str>) {
        self.misspelt(mapping, &["entityType", "fieldMappings"]);
        let entity = match mapping.filled("entityType") {
            Some(node) => self
                .text_of(node, "entityType")
                .and_then(|name| self.entity_type(node, name)),
            None => {
                self.error(&MISSING_FIELD, mapping, "the mapping has no `entityType`");
                None
            }
        };
        let Some(fields) = mapping.filled("fieldMappings") else {
            self.error(
                &MISSING_FIELD,
                mapping,
                "the mapping has no `fieldMappings`",
            );
            return;
        };
        let fields = self.items_of(fields, "fieldMappings");
        if fields.len() > MOST_IDENTIFIERS {
            let message = format!(
                "the mapping has {} identifiers; Sentinel takes {MOST_IDENTIFIERS}",
                fields.len()
            );
            self.error(&ENTITIES, &fields[MOST_IDENTIFIERS], message);
        }
        let mut identifiers: Vec<&str> = Vec::new();
        for field in fields {
            self.misspelt(field, &["identifier", "columnName"]);
            if let Some(node) = field.filled("identifier")
                && let Some(name) = self.text_of(node, "identifier")
            {
                self.identifier(node, name, entity, &identifiers);
                identifiers.push(name);
            } else if field.filled("identifier").is_none() {
                self.error(&MISSING_FIELD, field, "there is no `identifier`");
            }
            match field.filled("columnName") {
                Some(node) => {
                    if let Some(name) = self.text_of(node, "columnName") {
                        mapped.push(name);
                        self.column_name(node, name);
                    }
                }
                None => _ = self.error(&MISSING_FIELD, field, "there is no `columnName`"),
            }
        }
        if let (Some(entity), Some(node)) = (entity, mapping.get("entityType")) {
            self.enough(node, entity, &identifiers);
        }
    }

    fn entity_type(&mut self, node: &Node, name: &str) -> Option<&'static Entity> {
        let found = facts::entities().iter().find(|entity| entity.name == name);
        if found.is_none() {
            let names = facts::entities().iter().map(|entity| entity.name);
            match nearest(name, names) {
                Some(near) => {
                    let message = format!("no entity type is called `{name}`");
                    self.error(&ENTITIES, node, message).help =
                        Some(format!("did you mean `{near}`?"));
                }
                // There may be newer ones.
                None => {
                    _ = self.warning(
                        &ENTITIES,
                        node,
                        format!("the entity type `{name}` is not known"),
                    )
                }
            }
        }
        found
    }

    fn identifier(&mut self, node: &Node, name: &str, entity: Option<&Entity>, before: &[&str]) {
        if before.contains(&name) {
            self.error(&ENTITIES, node, format!("`{name}` is mapped twice"));
        }
        let Some(entity) = entity else {
            return;
        };
        if !entity.identifiers.contains(&name) {
            let message = format!("`{}` has no identifier `{name}`", entity.name);
            let help = match nearest(name, entity.identifiers.iter().copied()) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("it has: {}", entity.identifiers.join(", ")),
            };
            self.error(&ENTITIES, node, message).help = Some(help);
        }
    }

    /// Says if the identifiers do not tell an entity.
    fn enough(&mut self, node: &Node, entity: &Entity, identifiers: &[&str]) {
        let complete = |group: &Vec<&str>| group.iter().all(|name| identifiers.contains(name));
        // A misspelt one has been reported, and may be the one.
        let all_known = identifiers
            .iter()
            .all(|name| entity.identifiers.contains(name));
        if all_known && !entity.required.iter().any(complete) {
            let message = format!(
                "these identifiers do not tell which `{}` it is",
                entity.name
            );
            let groups: Vec<String> = entity
                .required
                .iter()
                .map(|group| group.join(" and "))
                .collect();
            self.error(&ENTITIES, node, message).help =
                Some(format!("map {}", groups.join(", or ")));
        }
    }

    /// Checks the name of a column that something is made of.
    pub(super) fn column_name(&mut self, node: &Node, name: &str) {
        if !is_identifier(name, true) || name.len() > LONGEST_COLUMN {
            self.error(
                &BAD_VALUE,
                node,
                format!("`{name}` cannot be a column here"),
            )
            .help = Some(
                "a name of letters, digits and underscores, not starting with a digit".to_string(),
            );
            return;
        }
        let span = self.span(node);
        self.column(span, name);
    }

    fn old_columns(&mut self, mapped: &[&str]) {
        let Some(query) = self.document().filled("query") else {
            return;
        };
        let Output::Columns(output) = self.output else {
            return;
        };
        let unused: Vec<&str> = OLD
            .iter()
            .filter(|name| output.index(name).is_some() && !mapped.contains(name))
            .copied()
            .collect();
        // Where a mapping speaks of a column that is not there, that has been said.
        let said = self.found.iter().any(|d| d.rule == Some(COLUMNS.name));
        for name in unused {
            if !said {
                let message = format!("no entity mapping uses the column `{name}`");
                self.warning(&OLD_ENTITY, query, message).help = Some(
                    "only entityMappings makes entities; columns with such names no longer do"
                        .to_string(),
                );
            }
        }
    }
}
