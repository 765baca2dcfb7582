#include "services/job_service.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/text.hpp"
#include "json/writer.hpp"

namespace collet::services {
namespace {

/// How long a jump of the clock on the wall may stay unseen; schedules are no finer.
constexpr auto k_look_every = std::chrono::minutes(1);

std::string run_job_params(const JobRun& run) {
  json::Writer params;
  params.begin_object().key("job").begin_object();
  params.member("jobKey", run.job_key).member("runId", run.id);
  params.member("trigger", to_string(run.trigger))
      .member("scheduledAt", to_iso8601(run.scheduled_at));
  params.end_object().end_object();
  return std::move(params).take();
}

JobName name_of(const JobRun& run) {
  return {run.plugin_id, run.job_key};
}

}  // namespace

std::string_view to_string(JobView::Status status) {
  switch (status) {
    case JobView::Status::active:
      return "active";
    case JobView::Status::paused:
      return "paused";
    case JobView::Status::failed:
      return "failed";
  }
  return "unknown";
}

JobService::JobService(JobParts parts, JobOptions options)
    : parts_(std::move(parts)), options_(options), times_(parts_.zone) {}

void JobService::attach(WorkerManager& workers) {
  workers_ = &workers;
  parts_.store.end_unfinished("the host ended before the job did", parts_.wall_clock(),
                              Reply<Done>([&log = parts_.log](Result<Done> done) {
                                if (done) return;
                                log.warn("runs of jobs that never ended could not be ended",
                                         {{"reason", done.error().message}});
                              }));
}

void JobService::follow(PluginEvents& events) {
  events.on(PluginEventType::enabled, [this](const PluginEvent& event) { schedule(event); });
  for (const auto type : {PluginEventType::disabled, PluginEventType::error,
                          PluginEventType::upgrade_pending, PluginEventType::unloaded}) {
    events.on(type, [this](const PluginEvent& event) { unschedule(event.plugin_id); });
  }
}

// ---- what is scheduled

// Also of a plugin that is restarted or upgraded: a schedule that stays the same keeps its time.
void JobService::schedule(const PluginEvent& event) {
  Plugin plugin;
  std::set<std::string> scheduled;
  for (const auto& job : declared_jobs(event.manifest->json)) {
    plugin.keys.insert(job.key);
    if (job.schedule.empty()) continue;
    auto schedule = CronSchedule::parse(job.schedule);
    if (schedule && scheduled.size() >= options_.scheduled_per_plugin_max) {
      schedule = fail(ErrorCode::invalid_request,
                      fmt::format("the plugin has more than {} jobs with a schedule",
                                  options_.scheduled_per_plugin_max));
    }
    if (schedule) {
      times_.add({event.plugin_id, job.key}, *schedule, parts_.wall_clock());
      scheduled.insert(job.key);
    } else {
      plugin.problems[job.key] = schedule.error().message;
      parts_.log.warn(
          "a job has no schedule that can be kept",
          {{"plugin", event.plugin_key}, {"job", job.key}, {"reason", schedule.error().message}});
    }
  }
  if (const auto before = plugins_.find(event.plugin_id); before != plugins_.end()) {
    for (const auto& key : before->second.keys) {
      if (!scheduled.contains(key)) times_.remove({event.plugin_id, key});
    }
  }
  plugins_.insert_or_assign(event.plugin_id, std::move(plugin));
  look_later();
}

void JobService::unschedule(const std::string& plugin_id) {
  const auto plugin = plugins_.find(plugin_id);
  if (plugin == plugins_.end()) return;
  for (const auto& key : plugin->second.keys) times_.remove({plugin_id, key});
  plugins_.erase(plugin);
  look_later();
}

void JobService::look_later() {
  timer_.cancel();
  const auto next = times_.next();
  if (!next || is_draining_) return;
  const auto left =
      std::clamp<Clock::duration>(*next - parts_.wall_clock(), Clock::duration(0), k_look_every);
  timer_ = parts_.loop.call_after(left, [this] { look(); });
}

void JobService::look() {
  for (const auto& [name, at] : times_.take_due(parts_.wall_clock())) {
    if (const auto other = running_.find(name); other != running_.end()) {
      skip(name, at, other->second);
    } else {
      run(name, JobTrigger::schedule, at, JobWait::for_start, Reply<JobRun>([](Result<JobRun>) {}));
    }
  }
  look_later();
}

// ---- runs

void JobService::skip(const JobName& name, WallTime due, const std::string& running) {
  const auto now = parts_.wall_clock();
  ++open_;
  parts_.store.begin({.id = make_uuid(parts_.entropy),
                      .plugin_id = name.plugin_id,
                      .job_key = name.job_key,
                      .trigger = JobTrigger::schedule,
                      .status = JobRunStatus::cancelled,
                      .error = fmt::format("skipped: the run {} still went on", running),
                      .scheduled_at = due,
                      .created_at = now,
                      .finished_at = now},
                     Reply<Done>([this, name](Result<Done> outcome) {
                       recorded(name, outcome);
                       close_one();
                     }));
}

void JobService::trigger(const std::string& plugin_id, const std::string& job_key, JobWait wait,
                         Reply<JobRun> reply) {
  const auto plugin = plugins_.find(plugin_id);
  if (plugin == plugins_.end() || is_draining_) {
    return reply(fail(ErrorCode::invalid_transition, "the plugin is not running",
                      "enable it, or see `collet plugin show`"));
  }
  if (!plugin->second.keys.contains(job_key)) {
    return reply(fail(ErrorCode::not_found, "Job not found", "the manifest lists the jobs"));
  }
  if (running_.contains({plugin_id, job_key})) {
    return reply(fail(
        ErrorCode::invalid_transition,
        fmt::format("Job \"{}\" is already running — cannot trigger while in progress", job_key),
        "wait for its end"));
  }
  run({plugin_id, job_key}, JobTrigger::manual, parts_.wall_clock(), wait, std::move(reply));
}

void JobService::run(const JobName& name, JobTrigger trigger, WallTime due, JobWait wait,
                     Reply<JobRun> reply) {
  const auto now = parts_.wall_clock();
  JobRun run{.id = make_uuid(parts_.entropy),
             .plugin_id = name.plugin_id,
             .job_key = name.job_key,
             .trigger = trigger,
             .scheduled_at = due,
             .created_at = now,
             .started_at = now};
  running_[name] = run.id;
  ++open_;
  parts_.store.begin(
      run, Reply<Done>([this, run, wait, reply = std::move(reply)](Result<Done> outcome) mutable {
        recorded(name_of(run), outcome);
        if (outcome) return begun(std::move(run), wait, std::move(reply));
        running_.erase(name_of(run));
        reply(std::unexpected(std::move(outcome.error())));
        close_one();
      }));
}

void JobService::begun(JobRun run, JobWait wait, Reply<JobRun> reply) {
  if (wait == JobWait::for_start) {
    reply(run);
    reply = Reply<JobRun>([](Result<JobRun>) {});
  }
  const auto now = parts_.loop.now();
  WorkerRequest request{.method = "runJob",
                        .params_json = run_job_params(run),
                        .deadline = Deadline::after(now, options_.timeout)};
  const auto plugin_id = run.plugin_id;
  workers_->call(plugin_id, std::move(request),
                 Reply<std::string>([this, run = std::move(run), now, reply = std::move(reply)](
                                        Result<std::string> outcome) mutable {
                   ended(std::move(run), now, outcome, std::move(reply));
                 }));
}

void JobService::ended(JobRun run, TimePoint since, const Result<std::string>& outcome,
                       Reply<JobRun> reply) {
  run.status = JobRunStatus::succeeded;
  if (!outcome) {
    // Whoever stopped the host or the plugin did not fail at the job.
    const bool was_stopped =
        outcome.error().code == ErrorCode::shutting_down || !plugins_.contains(run.plugin_id);
    run.status = was_stopped ? JobRunStatus::cancelled : JobRunStatus::failed;
    run.error = cut(outcome.error().message, options_.error_bytes_max);
  }
  run.finished_at = parts_.wall_clock();
  run.duration = std::chrono::duration_cast<std::chrono::milliseconds>(parts_.loop.now() - since);
  running_.erase(name_of(run));
  parts_.store.finish(run,
                      Reply<Done>([this, run, reply = std::move(reply)](Result<Done> done) mutable {
                        recorded(name_of(run), done);
                        reply(std::move(run));
                        close_one();
                      }));
}

void JobService::recorded(const JobName& name, const Result<Done>& outcome) {
  // Of a plugin that was purged meanwhile nothing is kept.
  if (outcome || outcome.error().code == ErrorCode::plugin_not_found) return;
  parts_.log.warn(
      "a run of a job was not recorded",
      {{"plugin_id", name.plugin_id}, {"job", name.job_key}, {"reason", outcome.error().message}});
}

// ---- what others see

std::vector<JobView> JobService::jobs(const std::string& plugin_id,
                                      std::string_view manifest_json) const {
  const auto plugin = plugins_.find(plugin_id);
  std::vector<JobView> views;
  for (auto& job : declared_jobs(manifest_json)) {
    JobView view{.declared = std::move(job)};
    if (plugin == plugins_.end()) {
      view.status = JobView::Status::paused;
    } else if (const auto problem = plugin->second.problems.find(view.declared.key);
               problem != plugin->second.problems.end()) {
      view.status = JobView::Status::failed;
      view.problem = problem->second;
    } else {
      view.next_run_at = times_.next({plugin_id, view.declared.key});
    }
    views.push_back(std::move(view));
  }
  return views;
}

void JobService::drain(Reply<Done> reply) {
  is_draining_ = true;
  timer_.cancel();
  if (open_ == 0) return reply(Done{});
  drained_ = std::move(reply);
}

void JobService::close_one() {
  if (--open_ == 0 && drained_) drained_(Done{});
}

}  // namespace collet::services
