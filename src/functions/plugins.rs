//! The plugins of `evaluate`: their names, signatures and what they are for.

/// A plugin.
pub struct Plugin {
    /// Its name.
    pub name: &'static str,
    /// Its arguments, for documentation and messages.
    pub signature: &'static str,
    /// One sentence: what it does.
    pub summary: &'static str,
    /// What is surprising or not certain. May be empty.
    pub details: &'static str,
    /// Why it cannot run; empty for those that can.
    pub reason: &'static str,
    /// Whether only the rows tell its columns, unless a schema is written after it.
    pub learns_columns: bool,
}

impl Plugin {
    /// One whose columns only the rows tell.
    const fn learning_columns(mut self) -> Plugin {
        self.learns_columns = true;
        self
    }
}

/// The plugin of this name.
pub fn plugin(name: &str) -> Option<&'static Plugin> {
    ALL.iter().find(|plugin| plugin.name == name)
}

/// The names of all plugins.
pub fn names() -> impl Iterator<Item = &'static str> {
    ALL.iter().map(|plugin| plugin.name)
}

const NETWORK: &str = "it calls a service, and nothing here uses the network";
const CODE: &str = "it runs code in another language";
const CLUSTER: &str = "it needs a Kusto cluster";

const fn plugin_of(
    name: &'static str,
    signature: &'static str,
    summary: &'static str,
    reason: &'static str,
) -> Plugin {
    Plugin {
        name,
        signature,
        summary,
        details: "",
        reason,
        learns_columns: false,
    }
}

const fn detailed(plugin: Plugin, details: &'static str) -> Plugin {
    Plugin { details, ..plugin }
}

/// All plugins, by name.
pub static ALL: &[Plugin] = &[
    detailed(
        plugin_of(
            "active_users_count",
            "active_users_count(id, time, start, end, lookback, period, active_periods, bin, [dimension, ...])",
            "Counts the users that were active in enough periods before each bin.",
            "",
        ),
        "A value was there at a time if it was so in enough periods of the time looked back, which begins after the time minus \
         the look-back. Rows before the start count when looking back. Bins and periods start at the start.",
    ),
    detailed(
        plugin_of(
            "activity_counts_metrics",
            "activity_counts_metrics(id, time, start, end, step, [dimension, ...])",
            "Counts, distinct counts and new values of each window, also aggregated over all windows so far.",
            "",
        ),
        "Windows start at the start; the end belongs to the last one. A window without rows gives no row.",
    ),
    detailed(
        plugin_of(
            "activity_engagement",
            "activity_engagement(id, time, [start, end], inner, outer, [dimension, ...])",
            "The ratio of values active in an inner window to those active in an outer one.",
            "",
        ),
        "An outer window ends with its inner one; rows before the start count in it. A window without rows gives no row.",
    ),
    detailed(
        plugin_of(
            "activity_metrics",
            "activity_metrics(id, time, [start, end], window, [dimension, ...])",
            "Distinct values, new ones, retention and churn from window to window.",
            "",
        ),
        "A value is new if it was not in the window before. Without rows there, the rates are no numbers. A window without rows gives no row.",
    ),
    plugin_of(
        "ai_chat_completion",
        "ai_chat_completion(chat, connection, [options, ...])",
        "Continues a conversation by a language model.",
        NETWORK,
    ),
    plugin_of(
        "ai_chat_completion_prompt",
        "ai_chat_completion_prompt(prompt, connection, [options, ...])",
        "Answers a prompt by a language model.",
        NETWORK,
    ),
    plugin_of(
        "ai_embed_text",
        "ai_embed_text(text, connection, [options, ...])",
        "Embeds texts by a language model.",
        NETWORK,
    ),
    plugin_of(
        "ai_embeddings",
        "ai_embeddings(text, connection, [options, ...])",
        "Embeds texts by a language model.",
        NETWORK,
    ),
    detailed(
        plugin_of(
            "autocluster",
            "autocluster([size_weight, weight_column, seeds, wildcard, ...])",
            "Finds patterns of values that many rows share.",
            "",
        ),
        "A search from rows at equal distances: a pattern takes on those of the row's values that raise the geometric mean of its share of the rows and of the bits that its values tell. Of patterns that share most rows, the best stays. Kusto starts from other rows and scores in its own way.",
    ),
    plugin_of(
        "azure_digital_twins_query_request",
        "azure_digital_twins_query_request(endpoint, query)",
        "Runs a query of Azure Digital Twins.",
        NETWORK,
    ),
    plugin_of(
        "bag_unpack",
        "bag_unpack(column, [prefix, columnsConflict, ignoredProperties])",
        "Makes a column of each property of a bag.",
        "",
    )
    .learning_columns(),
    detailed(
        plugin_of(
            "basket",
            "basket([threshold, weight_column, dimensions, wildcard, minimum, ...])",
            "Finds all frequent patterns of values.",
            "",
        ),
        "Each pattern has all values that its rows share; patterns are numbered by count times number of values. Kusto samples \
         large tables, so patterns close to the threshold may come and go there.",
    ),
    plugin_of(
        "cosmosdb_sql_request",
        "cosmosdb_sql_request(connection, query, [parameters, options])",
        "Runs a query of Cosmos DB.",
        NETWORK,
    ),
    plugin_of(
        "csharp",
        "csharp(output_schema, script, [parameters, ...])",
        "Runs C# code on the rows.",
        CODE,
    ),
    plugin_of(
        "dcount_intersect",
        "dcount_intersect(sketch, ...)",
        "Counts the values that several sketches of `hll` share.",
        "",
    ),
    detailed(
        plugin_of(
            "diffpatterns",
            "diffpatterns(split_column, first, second, [weight_column, threshold, dimensions, wildcard, ...])",
            "Finds patterns of values that differ between two sets of rows.",
            "",
        ),
        "A search from each frequent value: a pattern takes on the values that raise the difference of its shares. Of patterns that share most rows, the one that differs most stays. Kusto's own way is not published.",
    ),
    detailed(
        plugin_of(
            "diffpatterns_text",
            "diffpatterns_text(text_column, condition, [tokens, threshold, maximum])",
            "Finds patterns of text that differ between two sets of rows.",
            "",
        ),
        "As `diffpatterns`, over the words between spaces in their places from the start of the text; `*` stands for any word. Kusto's own way is not published.",
    ),
    plugin_of(
        "estimate_rows_count",
        "estimate_rows_count()",
        "Estimates the number of rows.",
        CLUSTER,
    ),
    plugin_of(
        "execute_query",
        "execute_query(cluster, database, query)",
        "Runs a query that is given as text.",
        CLUSTER,
    ),
    plugin_of(
        "execute_show_command",
        "execute_show_command(cluster, command)",
        "Runs a command that shows something of a cluster.",
        CLUSTER,
    ),
    plugin_of(
        "external_datatable",
        "external_datatable(data, schema)",
        "Rows of a table given as text.",
        CLUSTER,
    ),
    detailed(
        plugin_of(
            "funnel_sequence",
            "funnel_sequence(id, time, start, end, max_step, step, state, sequence)",
            "Counts the values that went through a sequence of states, and what came before and after.",
            "",
        ),
        "Gives three tables: by the states before and after, before, and after. Equal states in a row are one. Each bin is looked at for itself.",
    ),
    detailed(
        plugin_of(
            "funnel_sequence_completion",
            "funnel_sequence_completion(id, time, start, end, step, state, sequence, windows)",
            "Counts the values that completed a sequence of states within each period.",
            "",
        ),
        "Gives, for each bin and time, how many values came as far as each state within that time from the first. What none reached gives no row.",
    ),
    plugin_of(
        "geo_line_lookup",
        "geo_line_lookup(lines, line_column, longitude, latitude, radius, [return_unmatched, return_lookup_key])",
        "Joins points with the lines near them.",
        "",
    ),
    plugin_of(
        "geo_polygon_lookup",
        "geo_polygon_lookup(polygons, polygon_column, longitude, latitude, [radius, return_unmatched, return_lookup_key])",
        "Joins points with the polygons around them.",
        "",
    ),
    plugin_of(
        "http_request",
        "http_request(uri, [headers, options])",
        "The answer to an HTTP GET.",
        NETWORK,
    ),
    plugin_of(
        "http_request_post",
        "http_request_post(uri, [headers, options, content])",
        "The answer to an HTTP POST.",
        NETWORK,
    ),
    plugin_of("identity", "identity()", "The rows as they are.", ""),
    plugin_of(
        "infer_storage_schema",
        "infer_storage_schema(options)",
        "The schema of files in external storage.",
        NETWORK,
    ),
    plugin_of(
        "infer_storage_schema_with_suggestions",
        "infer_storage_schema_with_suggestions(options)",
        "The schema of files in external storage, with types that could be meant.",
        NETWORK,
    ),
    plugin_of(
        "ipv4_lookup",
        "ipv4_lookup(lookup, address, network, [extra_key, ..., return_unmatched])",
        "Joins IPv4 addresses with the networks of a table that they are in.",
        "",
    ),
    plugin_of(
        "ipv6_lookup",
        "ipv6_lookup(lookup, address, network, [return_unmatched])",
        "Joins IPv6 addresses with the networks of a table that they are in.",
        "",
    ),
    plugin_of(
        "mysql_request",
        "mysql_request(connection, query, [parameters])",
        "Runs a query of MySQL.",
        NETWORK,
    ),
    plugin_of(
        "narrow",
        "narrow()",
        "A row for each cell: row number, column name and value.",
        "",
    ),
    detailed(
        plugin_of(
            "new_activity_metrics",
            "new_activity_metrics(id, time, start, end, window, [cohort, dimension, ..., lookback])",
            "Retention and churn of the values that are new in each window.",
            "",
        ),
        "Gives each window in which values are new beside itself and all later ones. Values of the table that is looked back at are never new.",
    ),
    plugin_of(
        "pivot",
        "pivot(column, [aggregate, kept_column, ...])",
        "Makes a column of each value of a column.",
        "",
    )
    .learning_columns(),
    plugin_of(
        "postgresql_request",
        "postgresql_request(connection, query, [parameters])",
        "Runs a query of PostgreSQL.",
        NETWORK,
    ),
    plugin_of(
        "preview",
        "preview(rows)",
        "The first rows, and the number of all.",
        "",
    ),
    plugin_of(
        "python",
        "python(output_schema, script, [parameters, artifacts, ...])",
        "Runs Python code on the rows.",
        CODE,
    ),
    plugin_of(
        "r",
        "r(output_schema, script, [parameters, artifacts])",
        "Runs R code on the rows.",
        CODE,
    ),
    detailed(
        plugin_of(
            "rolling_percentile",
            "rolling_percentile(value, percentile, index, bin_size, bins, [dimension, ...])",
            "A percentile of the values in so many bins up to each one.",
            "",
        ),
        "The last bin is that of the greatest index; a bin without rows gives a row if its window has some.",
    ),
    plugin_of(
        "rows_near",
        "rows_near(condition, before, [after])",
        "The rows near those for which a condition is true.",
        "",
    ),
    plugin_of(
        "schema_merge",
        "schema_merge([preserve_order])",
        "Merges the schemas that several `getschema` yield.",
        "",
    ),
    detailed(
        plugin_of(
            "sequence_detect",
            "sequence_detect(time, max_step, max_span, expression, ..., [dimension, ...])",
            "Finds sequences of events, each described by a predicate.",
            "",
        ),
        "Gives each combination of times once; two steps may be at the same instant. The first dimension ends the steps.",
    ),
    detailed(
        plugin_of(
            "session_count",
            "session_count(id, time, start, end, bin, lookback, [dimension, ...])",
            "Counts the sessions of values over time.",
            "",
        ),
        "A session begins when a value has not been there for the look-back. Bins are multiples of the size.",
    ),
    detailed(
        plugin_of(
            "sliding_window_counts",
            "sliding_window_counts(id, time, start, end, lookback, bin, [dimension, ...])",
            "Counts and distinct counts over a sliding window.",
            "",
        ),
        "The look-back is rounded down to whole bins. A bin gives a row if there are rows in the time looked back.",
    ),
    plugin_of(
        "sql_request",
        "sql_request(connection, query, [parameters, options])",
        "Runs a query of SQL Server.",
        NETWORK,
    ),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plugins_are_sorted_and_named_like_their_signatures() {
        assert!(ALL.is_sorted_by(|a, b| a.name < b.name));
        for plugin in ALL {
            assert!(plugin.signature.starts_with(&format!("{}(", plugin.name)));
        }
        assert!(ALL.iter().all(|plugin| plugin.summary.ends_with('.')));
        assert!(plugin("bag_unpack").is_some() && plugin("no_plugin").is_none());
        assert_eq!(names().count(), ALL.len());
    }
}
