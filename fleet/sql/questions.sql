-- The seven questions over the tables that `strata fleet` and the Spark job keep: DuckDB's words.
-- Replace $results by the folder, $night by the night, $before by the one before.
-- Spark: read the tables with spark.read.parquet(...).createOrReplaceTempView(...), and write
-- count_if(x) for count(*) filter (where x), percentile(x, 0.5) for median(x), to_date in place of ::date.
-- Trino: tables over the folders (format = 'PARQUET', partitioned_by = ARRAY['date']), approx_percentile(x, 0.5) for median(x).

-- 7 first: what was looked at. A site is new or gone only where somebody looked.
-- name: coverage
select count(*) bundles,
  count(*) filter (where status = 'failed') unreadable,
  count(*) filter (where status = 'partial') partial,
  count(*) filter (where status <> 'failed' and dumps = 0) no_dump,
  count(*) filter (where status <> 'failed' and dumps = 1) one_dump,
  count(*) filter (where status <> 'failed' and heaps = 0) no_heap,
  count(*) filter (where status <> 'failed' and cgroups = 0) no_cgroup
from bundles where date = '$night';

-- 1: leaks, by the root of the mean square over all pods of the service with a dump.
-- name: leaks
with pods as (
  select service, count(distinct (cluster, namespace, pod)) n
  from bundles where date = '$night' and status = 'ok' and dumps > 0 group by service
), sites as (
  select service, site_key, cluster, namespace, pod, any_value(rule) rule, any_value(site) site,
    sum("last") amount, sum(min_bytes) bytes
  from groups
  where date = '$night' and verdict = 'leak' and coalesce(role, 'root') = 'root' group by all
)
select service, any_value(rule) rule, any_value(site) site, count(*) pods, any_value(n) of_pods,
  sum(amount)::bigint goroutines, max(amount)::bigint worst, round(sqrt(sum(amount * amount) / any_value(n)), 1) rms
from sites join pods using (service) group by service, site_key order by rms desc, service;

-- 2: new since the night before, where that night looked.
-- name: new
with sites as (
  select distinct date, service, site_key, rule, site from groups where verdict in ('leak', 'suspect')
    and coalesce(role, 'root') = 'root'
), looked as (
  select service from bundles where date = '$before' and status = 'ok' and dumps >= 2 group by service
)
select t.service, any_value(t.rule) rule, any_value(t.site) site
from sites t join looked using (service)
where t.date = '$night'
  and not exists (
    select 1 from sites y where y.date = '$before' and y.service = t.service and y.site_key = t.site_key
  )
group by t.service, t.site_key order by t.service;

-- 2: gone since the night before, where this night looked.
-- name: gone
with sites as (
  select distinct date, service, site_key, rule, site from groups where verdict in ('leak', 'suspect')
    and coalesce(role, 'root') = 'root'
), looked as (
  select service from bundles where date = '$night' and status = 'ok' and dumps >= 2 group by service
)
select y.service, any_value(y.rule) rule, any_value(y.site) site
from sites y join looked using (service)
where y.date = '$before'
  and not exists (
    select 1 from sites t where t.date = '$night' and t.service = y.service and t.site_key = y.site_key
  )
group by y.service, y.site_key order by y.service;

-- 3: growth of the median pod over nights, by what did not change its build.
-- name: growth
with pods as (
  select g.date, g.service, b.cluster, coalesce(b.build_id, '') build, g.site_key, g.object, any_value(g.site) site,
    sum(g."last") amount, sum(g.min_bytes) bytes
  from groups g join bundles b on b.date = g.date and b.object = g.object
  where g.verdict in ('leak', 'suspect') and coalesce(g.role, 'root') = 'root' group by all
), nights as (
  select date, service, cluster, build, site_key, any_value(site) site, median(amount) amount, median(bytes) bytes
  from pods group by date, service, cluster, build, site_key
)
select service, any_value(site) site, count(*) nights, round(regr_slope(amount, date_diff('day', date '2000-01-01', date::date)), 2) per_day
from nights group by service, cluster, build, site_key
having count(*) > 1 and max(date) = '$night' order by per_day desc, service limit 10;

-- 4: next to be killed: what of the limit cannot be taken back.
-- name: near
select service, count(*) pods, round(median((charged - reclaimable) / "limit"), 2) median_share,
  round(max((charged - reclaimable) / "limit"), 2) worst,
  count(*) filter (where (charged - reclaimable) > 0.8 * "limit") over_80
from bundles where date = '$night' and "limit" > 0 and charged is not null
group by service having over_80 > 0 order by worst desc, service;

-- 5: memory by step of the reconciliation.
-- name: memory
select id, count(*) pods, sum(bytes)::bigint bytes, max(bytes) most
from ledger where date = '$night' and is_last and not is_total group by id order by bytes desc, id;

-- 6: waste by service.
-- name: waste
select service, coalesce(sum(bytes) filter (where id = 'idle'), 0)::bigint idle,
  coalesce(sum(bytes) filter (where id = 'garbage'), 0)::bigint garbage,
  coalesce(sum(bytes) filter (where id = 'file-cache'), 0)::bigint page_cache,
  coalesce(sum(bytes) filter (where id = 'headroom'), 0)::bigint unused_limit
from ledger where date = '$night' and is_last group by service order by idle + garbage desc, service;
