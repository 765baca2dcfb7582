// The routes of plugins' jobs.
#include <algorithm>
#include <array>
#include <utility>

#include "api/api.hpp"
#include "api/query.hpp"
#include "api/record_views.hpp"

namespace collet::api {
namespace {

using services::JobView;

std::unexpected<Error> no_such_job() {
  return fail(ErrorCode::not_found, "Job not found",
              "GET /api/plugins/{id}/jobs lists the jobs that the plugin declares");
}

// The status of jobs asked for, or nothing for all.
Result<std::optional<JobView::Status>> read_status(std::string_view query) {
  const auto given = query_text(query, "status");
  if (!given) return std::nullopt;
  for (const auto status :
       {JobView::Status::active, JobView::Status::paused, JobView::Status::failed}) {
    if (*given == to_string(status)) return status;
  }
  return fail(ErrorCode::invalid_request,
              "Invalid status '" + *given + "'. Must be one of: active, paused, failed",
              "leave it out for all jobs");
}

Result<services::JobWait> read_wait(std::string_view query) {
  const auto given = query_text(query, "wait");
  if (!given || *given == "false") return services::JobWait::for_start;
  if (*given == "true") return services::JobWait::for_end;
  return fail(ErrorCode::invalid_request, "Invalid wait '" + *given + "'. Must be true or false",
              "wait=true answers at the end of the run");
}

}  // namespace

void Api::list_jobs(Exchange exchange) {
  auto row = options_.lifecycle.find(exchange.id);
  if (!row) return exchange.responder.send(http::error_response(row.error()));
  const auto status = read_status(exchange.request.query);
  if (!status) return exchange.responder.send(http::error_response(status.error()));
  auto jobs = options_.services.jobs().jobs(row->id, row->manifest_json);
  if (*status) std::erase_if(jobs, [&](const JobView& job) { return job.status != **status; });
  const auto id = row->id;
  options_.services.jobs().store().last_starts(
      id, Reply<std::vector<JobStart>>(
              [row = *std::move(row), jobs = std::move(jobs),
               responder = std::move(exchange.responder)](auto starts) mutable {
                if (!starts) return responder.send(http::error_response(starts.error()));
                responder.send({.body = jobs_json(row, jobs, *starts)});
              }));
}

void Api::list_job_runs(Exchange exchange) {
  const auto row = options_.lifecycle.find(exchange.id);
  if (!row) return exchange.responder.send(http::error_response(row.error()));
  const auto limit = strict_limit(exchange.request.query);
  if (!limit) return exchange.responder.send(http::error_response(limit.error()));
  const auto declared = services::declared_jobs(row->manifest_json);
  const bool is_declared =
      std::ranges::find(declared, exchange.key, &services::DeclaredJob::key) != declared.end();
  options_.services.jobs().store().list(
      {.plugin_id = row->id, .job_key = exchange.key, .limit = *limit},
      Reply<std::vector<JobRun>>(
          [is_declared, responder = std::move(exchange.responder)](auto runs) mutable {
            if (!runs) return responder.send(http::error_response(runs.error()));
            // What an earlier version of the plugin declared still has its runs.
            if (runs->empty() && !is_declared)
              return responder.send(http::error_response(no_such_job().error()));
            responder.send({.body = job_runs_json(*runs)});
          }));
}

void Api::trigger_job(Exchange exchange) {
  const auto row = options_.lifecycle.find(exchange.id);
  if (!row) return exchange.responder.send(http::error_response(row.error()));
  const auto wait = read_wait(exchange.request.query);
  if (!wait) return exchange.responder.send(http::error_response(wait.error()));
  options_.services.jobs().trigger(
      row->id, exchange.key, *wait,
      Reply<JobRun>([responder = std::move(exchange.responder)](Result<JobRun> run) mutable {
        responder.send(run ? http::Response{.body = triggered_json(*run)}
                           : http::error_response(run.error()));
      }));
}

}  // namespace collet::api
