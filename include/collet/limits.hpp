// Every limit of a host: its number, and why it is that number. The options, policies and limits of
// the parts take their defaults from here; docs/configuration.md says which an operator may set.
//
// A name has the unit in it, where its type has not. `_min` and `_ceiling` are what no setting goes
// below or beyond. The limits of JSON Schema, which is usable alone, stand in SchemaLimits
// (schema.hpp).
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

namespace collet::limits {

/// Of a limit that there is not.
inline constexpr std::uint64_t unlimited = UINT64_MAX;

/// JSON texts, whoever wrote them.
namespace json {
/// The largest line of a worker, where nobody says otherwise.
inline constexpr std::size_t bytes_max = std::size_t{128} << 20;
/// The reader's offsets have 32 bits and its element counts 28, and n elements take 2n + 1 bytes.
inline constexpr std::size_t bytes_ceiling = std::size_t{1} << 29;
/// As deep as the JSON readers of the workers go unharmed.
inline constexpr std::uint32_t depth_max = 1000;
}  // namespace json

/// Calls of tools, before they come to a worker.
namespace calls {
/// In flight, times its instances, of a plugin that says nothing of it: what the busiest benchmark
/// keeps in flight. Fewer would hold up plugins that wait for something themselves.
inline constexpr std::uint32_t in_flight_max = 256;
/// More is no limit any more: a worker takes fewer calls at once.
inline constexpr std::uint32_t in_flight_ceiling = 10'000;
/// Places for calls that wait for one plugin: with all of the parameters 64 MiB at most.
inline constexpr std::uint32_t waiting_places_max = 4096;
/// A call takes a place, and one more for each so many bytes of parameters: four pages, so that
/// ordinary calls take one.
inline constexpr std::size_t place_bytes = 16u << 10;
/// Where neither the caller, nor the tool, nor the plugin says otherwise: the reference's.
inline constexpr std::chrono::seconds default_timeout{30};
/// Whatever a caller asks for: who waits for longer has gone away.
inline constexpr std::chrono::hours timeout_max{1};
/// A call may take a day; what takes longer is a job.
inline constexpr std::chrono::hours timeout_ceiling{24};
/// Between two lines of the host's log about calls of one plugin that are refused for one reason: a
/// flood of refusals is no flood of lines, and who looks at the log sees that it goes on.
inline constexpr std::chrono::seconds refusals_told_every{10};
}  // namespace calls

/// A worker: what goes between it and its host, what it may use of the machine, and its time.
namespace worker {

// --- what it writes to standard output

/// The reference drops longer lines.
inline constexpr std::size_t line_bytes_max = json::bytes_max;
/// An answer to `initialize` has some hundred bytes.
inline constexpr std::size_t line_bytes_min = 1024;
/// What is accepted can be read.
inline constexpr std::size_t line_bytes_ceiling = json::bytes_ceiling;
/// What is looked at of a line that is not read. The frame of a response has some 60 bytes; the
/// rest is for white space and for members of the worker's own.
inline constexpr std::size_t line_head_bytes_max = 4096;
/// A REST body may be `json::depth_max` levels deep; the rest is for the frames around it.
inline constexpr std::uint32_t depth_max = 1024;
/// Of what answers nothing, noise and notifications. A worker that writes more is read no further
/// until the second is over, so that it waits at its full pipe and not its neighbours for the loop.
/// 4 MiB are some forty thousand lines.
inline constexpr std::size_t chatter_bytes_a_second_max = 4u << 20;
/// Requests to the host. The busiest plugins seen make five in a tool call; ten thousand a second
/// keep the host's store at its limit. Beyond it the worker is read no further, as above.
inline constexpr std::size_t requests_a_second_max = 10'000;
/// Requests that the host has not answered: no more than it may have open at the worker.
inline constexpr std::size_t host_calls_pending_max = calls::in_flight_ceiling;
/// Lines of noise that the host's log is told of in a run, and how much of each; then they are only
/// counted: a worker that prints its own log must not fill the host's.
inline constexpr std::uint64_t noise_lines_told_max = 5;
inline constexpr std::size_t noise_line_told_bytes_max = 200;

// --- what it writes to standard error

/// A longer line is left out of the plugin's log, which would cut it anyway.
inline constexpr std::size_t stderr_line_bytes_max = 16u << 10;
/// The end, which is kept for texts of failures: as much as the reference keeps.
inline constexpr std::size_t stderr_tail_bytes_max = 8000;
/// What of that stands in the text of one failure: some twenty lines. The rest is in the log.
inline constexpr std::size_t stderr_told_bytes_max = 2000;

// --- what it is sent

/// Requests that it has not answered: as many as an operator may let through.
inline constexpr std::size_t calls_pending_max = calls::in_flight_ceiling;
/// What it has not read: six of the largest REST bodies.
inline constexpr std::size_t unsent_bytes_max = 64u << 20;

// --- the machine (WorkerLimits, which an operator may set for each plugin)

/// Of each process. A plugin with a thousand connections has four times that; one that leaks them
/// is stopped long before the machine's table is full. What a process gets at first (the soft
/// limit) is the host's own, mostly 1024, because select() breaks beyond; programs that know
/// better, such as Node, raise it themselves.
inline constexpr std::uint64_t open_files_max = 4096;
/// None is written: one of Node has hundreds of megabytes, lands in the package, and holds what
/// callers said.
inline constexpr std::uint64_t core_bytes_max = 0;
/// Time adds up over a worker's life, which has no end: any number kills a healthy one some day.
inline constexpr std::uint64_t cpu_seconds_max = unlimited;
/// Node reserves 16 GB for WebAssembly, and address sanitizers terabytes, without using them.
inline constexpr std::uint64_t address_space_bytes_max = unlimited;
/// No number is right for a shell script and for a headless browser; the operator knows which.
inline constexpr std::uint64_t memory_bytes_max = unlimited;
/// Ten Node processes with their threads, or a browser with a dozen tabs; a fork bomb is over
/// before the machine's 32768 numbers are.
inline constexpr std::uint64_t processes_max = 512;
/// More worker processes of one plugin on one machine are a mistake.
inline constexpr std::uint32_t instances_ceiling = 64;

// --- its time

/// From the start to the answer to `initialize`: the reference's.
inline constexpr std::chrono::seconds initialize_timeout{15};
/// For calls in flight to end, before `shutdown`: most take less than one.
inline constexpr std::chrono::seconds drain_grace{5};
/// For the answer to `shutdown`, and then from SIGTERM to SIGKILL: the reference's.
inline constexpr std::chrono::seconds shutdown_grace{10};
inline constexpr std::chrono::seconds kill_grace{5};
/// From that answer, or a closed stream, to the exit: the reference's.
inline constexpr std::chrono::milliseconds exit_grace{500};
/// From SIGKILL to giving up on a process that the kernel holds: the reference's.
inline constexpr std::chrono::seconds reap_grace{2};
/// So long may it be silent before it is asked for its health, and then again before it counts as
/// deaf: as long as a call may take where nobody says otherwise.
inline constexpr std::chrono::seconds silence_max = calls::default_timeout;
/// Between two looks at whether it lives. What is wrong has to be wrong at two of them: in between
/// the host has read what came. So a stopped process is found within 3 s.
inline constexpr std::chrono::seconds look_every{1};

// --- its restarts (RestartPolicy)

/// The wait after the first crash; then doubled.
inline constexpr std::chrono::seconds restart_first{1};
/// No wait is longer: who mends what a plugin lacks need not wait for more.
inline constexpr std::chrono::minutes restart_longest{5};
/// So many crashes within the window are too many: with the waits doubled they take six minutes at
/// least, in which nothing came back that was missing.
inline constexpr std::uint32_t crashes_max = 10;
inline constexpr std::chrono::minutes crash_window{10};
/// A worker that ran for so long begins anew.
inline constexpr std::chrono::minutes stable_after{10};
/// One that has failed is tried again after so long: what it lacked may be back.
inline constexpr std::chrono::minutes failed_retry{5};

}  // namespace worker

/// What a plugin logs.
namespace plugin_log {
/// A longer message is cut, and says so: the reference's.
inline constexpr std::size_t message_bytes_max = 10'000;
/// Larger metadata is left out, and the message says so: the reference's.
inline constexpr std::size_t meta_bytes_max = 50'000;
/// Lines that are kept of one plugin, and how many may come at once: nobody reads more, and a flood
/// would fill the disk and drop the others' lines.
inline constexpr std::uint32_t lines_a_second_max = 200;
inline constexpr std::uint32_t lines_at_once_max = 2'000;
/// Lines that are written at once, or after the delay: as long as a person waits for a line to show
/// up.
inline constexpr std::size_t batch_lines_max = 100;
inline constexpr std::chrono::milliseconds batch_delay{200};
/// Of all plugins, while the store is slow: more than two plugins may log at once. Further lines
/// are counted and dropped.
inline constexpr std::size_t waiting_lines_max = 5'000;
/// The same in bytes; the largest lines have 60 KB.
inline constexpr std::size_t waiting_bytes_max = 16u << 20;
}  // namespace plugin_log

/// Functions of the embedding program.
namespace functions {
/// Calls that wait for a thread. 1024 calls of 1 ms each on 4 threads are through in a quarter of a
/// second.
inline constexpr std::size_t queued_calls_max = 1024;
}  // namespace functions

/// The REST API.
namespace http {
/// Request line and headers; 431 beyond. Eight times what usual proxies let through.
inline constexpr std::size_t head_bytes_max = 64u << 10;
/// As the reference's 10 MB; 413 beyond.
inline constexpr std::size_t body_bytes_max = 10u << 20;
/// The bodies of all requests that are read or not answered yet, together; 503 beyond. Without it
/// `connections_max` bodies of the largest size were 10 GiB. 256 MiB is 25 of the largest or a
/// quarter MiB for every connection, and small beside a desktop's memory.
inline constexpr std::size_t bodies_bytes_max = 256u << 20;
/// Connections at a time. A thousand is some hundred agents with a few connections each, and up to
/// 100 MB of buffers.
inline constexpr std::size_t connections_max = 1024;
/// Connections beyond. An answer is sent within a millisecond, so a few places serve thousands a
/// second.
inline constexpr std::size_t spare_connections_max = 16;
/// Unread bytes of a streamed response; cut beyond.
inline constexpr std::size_t stream_bytes_max = 4u << 20;
/// From a head's first byte to its end (slow-loris); 408 and close beyond.
inline constexpr std::chrono::seconds head_timeout{10};
/// From the head's end to the body's end; 408 and close beyond. 10 MB in a minute are a slow line.
inline constexpr std::chrono::seconds body_timeout{60};
/// Between requests of a connection; closed beyond. More than the 60 s for which proxies keep them.
inline constexpr std::chrono::seconds idle_timeout{75};
/// Without any progress while an answer is written; closed beyond.
inline constexpr std::chrono::seconds write_timeout{60};
/// After the last answer of a connection, how long the client's remaining bytes are read and thrown
/// away, so that the kernel does not reset the connection under the unread answer.
inline constexpr std::chrono::seconds linger_timeout{2};
/// Of our own client, for its connection: a daemon on this machine takes it at once.
inline constexpr std::chrono::seconds connect_timeout{3};
/// Of an answer that our own client reads: what can be read as JSON. Keeps a stranger on the port
/// from filling the memory.
inline constexpr std::size_t answer_body_bytes_max = json::bytes_ceiling;
}  // namespace http

/// The database.
namespace store {
/// Log lines kept for each plugin, the oldest go first. At the field's usual 200 bytes a line that
/// is 2 MB a plugin: days of a quiet plugin, and 2 GB at 1,000 plugins.
inline constexpr std::int64_t logs_per_plugin_max = 10'000;
/// What a plugin remembers: its values, their names twice, as they are kept, and 200 bytes each. It
/// keeps what it has to know again, not its archive: that has a database and a folder of its own.
inline constexpr std::int64_t state_bytes_max = std::int64_t{256} << 20;
/// Entities of a plugin, and the bytes of their data. It keeps what it has to find again of another
/// system, not the system: that has a database of its own.
inline constexpr std::int64_t entities_max = 100'000;
inline constexpr std::int64_t entity_bytes_max = std::int64_t{256} << 20;
/// Versions kept of a secret; older ones go. Whoever rotates a secret each week has two months to
/// forget a reference to an old one.
inline constexpr std::int64_t secret_versions_max = 10;
/// Secrets of a company. People enter them one by one; more come from a program that goes wrong.
inline constexpr std::int64_t secrets_per_company_max = 1'000;
/// Runs kept of each job, the oldest go first: four days of one that runs every hour.
inline constexpr std::int64_t runs_per_job_max = 100;
/// Deliveries of webhooks kept of each plugin, the oldest go first: enough to see what was wrong
/// yesterday, at 300 bytes each.
inline constexpr std::int64_t deliveries_per_plugin_max = 1'000;
/// Entries of activity kept of each plugin, and as many of telemetry, the oldest go first; as of
/// its log.
inline constexpr std::int64_t activity_per_plugin_max = 10'000;
/// Operations that one plugin, or the host, has waiting for the disk: as many as one worker may
/// have asked for. At 50 commits/s (a spinning disk) and a thousand operations a commit they are
/// done within a second.
inline constexpr std::size_t queued_operations_max = worker::host_calls_pending_max;
/// Text that waits with them. Half a second of what an ordinary disk writes.
inline constexpr std::size_t queued_bytes_max = std::size_t{64} << 20;
/// Text of all plugins that waits: four that go wrong at once. Beyond it each may have one
/// operation waiting.
inline constexpr std::size_t queued_total_bytes_max = std::size_t{256} << 20;
/// Text that was read and is on its way to who asked for it; beyond it the store waits until some
/// of it is taken, so that a plugin which reads faster than it takes fills no memory. As much as a
/// worker may leave unread.
inline constexpr std::size_t answer_bytes_max = std::size_t{64} << 20;
/// Size of the database file. 1,000 plugins with full logs need 2 GB; the rest is room for long
/// lines. Beyond it writes fail as on a full disk.
inline constexpr std::int64_t file_bytes_max = std::int64_t{16} << 30;
/// How long a write waits while another program holds the database, a backup for example. Well
/// below the 30 s that a call has by default.
inline constexpr std::chrono::seconds lock_wait_max{5};
}  // namespace store

/// What workers may ask of their host.
namespace services {

/// Names, each: of a key, a scope, a pattern, a channel, an id. Longer ones are data that went into
/// the wrong place.
inline constexpr std::size_t name_bytes_max = 1'000;

// --- state, and configuration

/// Of one value of a plugin's state. Larger ones belong into a file or a database; rewriting them
/// for every change is what makes hosts slow.
inline constexpr std::size_t value_bytes_max = std::size_t{16} << 20;
/// Of one configuration. It is kept in memory and told to every worker at its start; larger things
/// belong into files that it names.
inline constexpr std::size_t config_bytes_max = std::size_t{1} << 20;
/// Companies that configure one plugin: at each start its worker is told of all of them.
inline constexpr std::size_t companies_max = 1'000;
/// Bytes of configurations on their way to a worker that has started; the others go when it has
/// taken some. Half of what may wait for it to read.
inline constexpr std::size_t config_replay_bytes_max = worker::unsent_bytes_max / 2;
/// For a worker to take a new configuration: it may have to connect anew.
inline constexpr std::chrono::seconds config_delivery_timeout{10};
/// For a worker to try a configuration out, which asks others over the network.
inline constexpr std::chrono::seconds config_test_timeout{30};

// --- events

/// An event is news; what is large belongs into state, and its name into the event. So a full queue
/// still holds 16 of the largest.
inline constexpr std::size_t event_bytes_max = 1u << 20;
/// Of one process. Real plugins have up to twenty.
inline constexpr std::size_t subscriptions_max = 500;
/// Of one plugin. As many as its log lines may wait: ten seconds of a busy emitter, while the
/// subscriber restarts.
inline constexpr std::size_t queued_events_max = 5'000;
inline constexpr std::size_t queued_bytes_max = 16u << 20;
/// Sent and not answered, of one plugin. More than one, because a handler may wait for what another
/// event brings; few, because they are sent again where the process dies.
inline constexpr std::size_t events_in_flight_max = 64;
/// As long as a call may take where nobody says otherwise.
inline constexpr auto event_answer_timeout = calls::default_timeout;
/// Processes that may die of an event before it counts as what they die of. Three, because the
/// first two may have had another reason.
inline constexpr std::uint32_t event_deaths_max = 3;

// --- streams

/// Listeners of all plugins together. Each takes a connection of the 1,024 that the server has, and
/// up to 4 MiB of what its client has not read.
inline constexpr std::size_t stream_listeners_max = 128;
/// Channels that one process has open. A chat plugin opens one a conversation.
inline constexpr std::size_t stream_channels_max = 1'000;
/// A quarter of what a client may leave unread, so that one event cuts nobody off.
inline constexpr std::size_t stream_event_bytes_max = 1u << 20;

// --- entities

/// Titles are for lists that people read; this is a page.
inline constexpr std::size_t entity_title_bytes_max = 4'000;
/// Data of one entity. Larger ones belong into a file or a database, because lists carry it.
inline constexpr std::size_t entity_data_bytes_max = std::size_t{4} << 20;
/// Rows of one answer: a thousand of the usual 2 KB are 2 MB, which a worker reads in one go.
inline constexpr std::uint64_t entity_rows_max = 1'000;
/// Data of one answer; a quarter of the largest line that a worker must read.
inline constexpr std::size_t entity_answer_bytes_max = std::size_t{32} << 20;

// --- folders

/// A file that is read or written as one text. Larger ones are no notes or pages any more, and
/// every one of them is held in memory several times on its way.
inline constexpr std::size_t folder_file_bytes_max = std::size_t{16} << 20;
/// Entries of one listing: the reference's.
inline constexpr std::size_t folder_entries_max = 5'000;
/// Names that are looked at, whether they are listed or not: a directory is read as a whole before
/// it can be sorted. A second or two of a slow disk.
inline constexpr std::size_t folder_names_max = 100'000;
/// Levels that are entered. Nobody nests deeper by hand; each costs an open descriptor.
inline constexpr std::size_t folder_levels_max = 64;
/// Of a folder's path; the kernel takes no longer ones.
inline constexpr std::size_t folder_path_bytes_max = 4'095;
/// Operations of one plugin that wait for the disk, or run: a plugin that saves a page of files at
/// once. More wait for no answers.
inline constexpr std::size_t folder_waiting_max = 64;
/// What they hold together, and so do those of its database: as much as a worker may leave unread.
inline constexpr std::size_t waiting_bytes_max = worker::unsent_bytes_max;
/// Plugins whose files, and whose queries, are worked at once. More would not be faster on the
/// disks and cores of an ordinary machine; fewer would let one that hangs hold up all others.
inline constexpr std::size_t folder_threads_max = 4;
inline constexpr std::size_t database_threads_max = 4;
/// A thread that had nothing to do for so long ends: an idle host holds none.
inline constexpr std::chrono::seconds thread_idle_max{1};
/// Where the machine gives no thread at all, it is asked again after so long: others' processes and
/// threads end all the time.
inline constexpr std::chrono::seconds thread_retry{1};

// --- databases

/// A statement, or a text of several: a third of a call's default 30 s, so that its plugin hears of
/// it while somebody still waits.
inline constexpr std::chrono::seconds statement_time_max{10};
/// All migrations of a start together: they may rewrite tables.
inline constexpr std::chrono::seconds migration_time_max{60};
/// Longer texts are data that belongs into parameters.
inline constexpr std::size_t statement_bytes_max = std::size_t{256} << 10;
/// Of one text; more is a migration.
inline constexpr std::size_t statements_max = 100;
/// Rows and bytes of one answer: what a worker reads as one line, and holds twice.
inline constexpr std::size_t database_rows_max = 50'000;
inline constexpr std::size_t database_answer_bytes_max = std::size_t{16} << 20;
/// One value, also one in between. A book has less; larger things are files.
inline constexpr std::size_t database_value_bytes_max = std::size_t{4} << 20;
/// Parameters of one statement together, as JSON text: four of the largest values, and a quarter of
/// what may wait. Who has more rows sends them in several statements.
inline constexpr std::size_t database_parameters_bytes_max = std::size_t{16} << 20;
/// The file. A plugin that keeps more needs a database server, and its operator's consent.
inline constexpr std::int64_t database_file_bytes_max = std::int64_t{1} << 30;
/// What a plugin's statements sort, gather and could undo on the disk: whoever sorts all that he
/// has needs as much.
inline constexpr std::int64_t database_temporary_bytes_max = database_file_bytes_max;
/// One migration's file, and their number: ten years of one each week have half of it.
inline constexpr std::size_t migration_bytes_max = std::size_t{1} << 20;
inline constexpr std::size_t migrations_max = 1'000;
/// Operations of one plugin that wait, or run. At their limit of time each, the last of them would
/// be answered after 40 minutes, so whoever has more does not wait for answers.
inline constexpr std::size_t database_waiting_max = 256;
/// A database that nobody asked for so long is closed: an idle plugin holds no file open.
inline constexpr std::chrono::seconds database_idle_max{2};

// --- requests to other machines

/// Of one plugin at the same time. A page of a browser has 6 a host; the busiest plugins seen make
/// 4 calls at once.
inline constexpr std::size_t requests_running_max = 16;
/// That wait for their turn: a plugin that fetches a list item by item.
inline constexpr std::size_t requests_waiting_max = 256;
/// Bodies of those that wait, together: four of the largest, or a quarter MiB for each. Without it
/// `requests_waiting_max` bodies of the largest size were 4 GiB.
inline constexpr std::size_t requests_waiting_bytes_max = 64u << 20;
/// From a call of `http.fetch` to its answer, with all redirects: the reference's.
inline constexpr std::chrono::seconds fetch_timeout{30};
/// Body of a request. What plugins send is JSON; files go by other ways.
inline constexpr std::size_t fetch_body_bytes_max = 16u << 20;
/// Of a URL, and of all headers of a request together. Servers refuse from 8 KiB on, most of them.
inline constexpr std::size_t fetch_url_bytes_max = 64u << 10;
inline constexpr std::size_t fetch_header_bytes_max = 64u << 10;
/// Body of an answer, decoded. What a worker does not read piles up, and it is ended at 64 MiB.
inline constexpr std::size_t fetch_answer_bytes_max = 16u << 20;
/// Headers of an answer, all together; ten times what the largest site sends.
inline constexpr std::size_t fetch_answer_header_bytes_max = 256u << 10;
/// For a name server's answer, within the request's deadline; the reference's limit.
inline constexpr std::chrono::seconds resolve_timeout{5};
/// Lookups at a time for what a plugin fetches, and as many for what it asks of the upstream; each
/// has a thread. It takes milliseconds, or half a minute where a name server is silent.
inline constexpr std::size_t lookups_running_max = 8;
/// That wait for one of these threads: as many as requests that wait. Those that nobody waits for
/// any more go first.
inline constexpr std::size_t lookups_waiting_max = requests_waiting_max;
/// Connections that wait for a next request; browsers keep 6 a host.
inline constexpr std::size_t idle_connections_max = 64;
/// So long after the last request they are closed. Servers close theirs after 5 s and more.
inline constexpr std::chrono::seconds idle_connection_timeout{4};
/// Parameters of what is forwarded to the upstream, and its answer: a list of everything that a
/// company has.
inline constexpr std::size_t upstream_request_bytes_max = 16u << 20;
inline constexpr std::size_t upstream_answer_bytes_max = 16u << 20;
/// For the upstream to answer: as long as a call may take where nobody says otherwise.
inline constexpr auto upstream_timeout = calls::default_timeout;
/// So long the upstream's token that is a secret is used before it is looked up again: a program
/// that gives it out may take a second, or a person's finger.
inline constexpr std::chrono::minutes upstream_token_kept{1};
/// File of certificate authorities. It is read for each connection that is encrypted: some of one's
/// own have 10 KiB, and all that there are 200, which would take the loop a tenth of a second.
inline constexpr std::size_t ca_file_bytes_max = 64u << 10;

// --- secrets

/// Of one value. Tokens have a kilobyte, a service account's key file or a chain of certificates
/// ten.
inline constexpr std::size_t secret_value_bytes_max = 64u << 10;
/// File of secrets; larger ones hold something else.
inline constexpr std::size_t secret_file_bytes_max = 1u << 20;
/// Reads of a plugin and company, together, a minute: the reference's numbers. A plugin reads a
/// secret when it needs it, not for every tool call.
inline constexpr std::size_t secret_reads_max = 30;
/// Programs that give secrets out at once: each may ask a server, or for a key to be unlocked.
inline constexpr std::size_t secret_programs_max = 4;
/// For such a program: a person may have to touch a key.
inline constexpr std::chrono::seconds secret_program_timeout{10};

// --- jobs and webhooks

/// A run. The longest that the reference waits for anything by default; its jobs have 5 minutes.
inline constexpr std::chrono::minutes job_timeout{15};
/// Jobs of a plugin that have a schedule; each is looked at whenever one is due.
inline constexpr std::size_t scheduled_jobs_max = 100;
/// For a plugin to take a webhook; senders give up sooner. The reference's number.
inline constexpr std::chrono::seconds webhook_timeout{30};
/// Deliveries of one plugin under way. A sender that is refused sends again; more at once are a
/// flood, and each has a body of up to 10 MiB that waits for the worker.
inline constexpr std::size_t webhooks_pending_max = 64;
/// Of what a run or a delivery failed of: a sentence, and the end of a stack.
inline constexpr std::size_t failure_bytes_max = 2'000;

// --- activity and metrics

/// As of a log line.
inline constexpr std::size_t activity_message_bytes_max = plugin_log::message_bytes_max;
inline constexpr std::size_t activity_metadata_bytes_max = plugin_log::meta_bytes_max;
/// Entries of one plugin, a second and at once; as of its log. What comes beyond is refused,
/// because an entry that was acknowledged is kept.
inline constexpr std::uint32_t activity_entries_a_second_max = plugin_log::lines_a_second_max;
inline constexpr std::uint32_t activity_entries_at_once_max = plugin_log::lines_at_once_max;
/// Series (a name with a set of tags) of one plugin: a page of /metrics is read every few seconds
/// and kept for weeks, and tags such as user ids would make one of it for each user.
inline constexpr std::size_t series_max = 200;
/// Tags of a series, and bytes of a metric's name, and of a tag's name and value; longer ones hold
/// data.
inline constexpr std::size_t metric_tags_max = 8;
inline constexpr std::size_t metric_name_bytes_max = 200;
inline constexpr std::size_t metric_label_bytes_max = 100;
/// Of a metric's name in the plugin's log, where a longer one is cut: the reference's.
inline constexpr std::size_t metric_logged_name_bytes_max = 500;

}  // namespace services

/// Plugins and their packages.
namespace plugins {
/// Of package.json and manifest.json: the largest manifest seen has 200 KB.
inline constexpr std::size_t file_bytes_max = 16u << 20;
/// What a program prints that is run to its end, npm or a manifest in JavaScript.
inline constexpr std::size_t output_bytes_max = file_bytes_max;
/// Starts at a time, of a host that does not know its cores: a start is mostly waiting for the
/// worker's `initialize`, so twice the cores of a small machine.
inline constexpr std::size_t starts_max = 4;
}  // namespace plugins

}  // namespace collet::limits
