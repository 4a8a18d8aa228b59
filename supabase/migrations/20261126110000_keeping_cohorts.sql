-- Keeping a cohort: its name, its people, and whom it invites. A cohort is kept by who teaches it and by those who keep the house.
--
-- Nobody comes into somebody's sight by what that one does alone. At once an instructor adds only whom they see already, and learners
-- that they make; everybody else is invited, and comes by accepting. What is said to who invites is the same whether there is such a
-- person or not; but where no sign-in service keeps accounts, an e-mail that is nobody's makes a learner, and one that is somebody's
-- an invitation.

set check_function_bodies = off;

create table public.cohort_invitations (
  cohort_id uuid not null references public.cohorts (id) on delete cascade,
  addressee text not null,
  role text not null check (role in ('student', 'instructor')),
  name text,
  invited_by uuid references auth.users (id) on delete cascade,
  invited_at timestamptz not null default now(),
  primary key (cohort_id, addressee)
);
comment on column public.cohort_invitations.addressee is 'An e-mail in lower case, or the id of a person; there need be neither.';
comment on column public.cohort_invitations.name is 'What the list called them.';
comment on column public.cohort_invitations.invited_by is 'Null: the service.';
create index cohort_invitations_of_addressee on public.cohort_invitations (addressee);
create index cohort_invitations_by_person on public.cohort_invitations (invited_by);

alter table public.cohort_invitations enable row level security;
create policy "of cohorts they teach" on public.cohort_invitations for select to authenticated
  using (cohort_id = any ((select private.cohorts_taught())::uuid[]));
revoke all on public.cohort_invitations from public, anon, authenticated, service_role;
grant select on public.cohort_invitations to authenticated, service_role;

-- Who was taken out of a cohort, by whom: what can be undone. Whoever is back has not left.
create table private.departures (
  cohort_id uuid not null references public.cohorts (id) on delete cascade,
  user_id uuid not null references auth.users (id) on delete cascade,
  role text not null,
  added_at timestamptz not null,
  import_id uuid references public.imports (id) on delete set null,
  removed_by uuid references auth.users (id) on delete set null,
  removed_at timestamptz not null default now(),
  primary key (cohort_id, user_id)
);
create index departures_of_person on private.departures (user_id);
create index departures_by_person on private.departures (removed_by);
create index departures_of_import on private.departures (import_id) where import_id is not null;
alter table private.departures enable row level security;
revoke all on private.departures from public, anon, authenticated, service_role;

create function private.forget_departures() returns trigger language plpgsql security definer set search_path = '' as $$
begin
  delete from private.departures d using arrived a where d.cohort_id = a.cohort_id and d.user_id = a.user_id;
  return null;
end
$$;
create trigger forget_departures after insert on public.cohort_members
  referencing new table as arrived for each statement execute function private.forget_departures();

-- Who is no longer here is not invited: an address that somebody else has later is theirs anew.
create function private.forget_invitations() returns trigger language plpgsql security definer set search_path = '' as $$
begin
  delete from public.cohort_invitations i where i.addressee in (old.id::text, lower(old.email));
  return null;
end
$$;
create trigger forget_invitations after delete on auth.users for each row execute function private.forget_invitations();

-- The invitations that count. One to teach counts as long as who made it may keep the cohort.
create view private.open_invitations with (security_invoker = true) as
select i.*
from public.cohort_invitations i
where i.role = 'student' or i.invited_by is null or exists (
  select from auth.users u
  where u.id = i.invited_by
    and (u.raw_app_meta_data ->> 'role' = 'admin'
      or u.raw_app_meta_data ->> 'role' is distinct from 'researcher' and exists (
        select from public.cohort_members m where m.cohort_id = i.cohort_id and m.user_id = u.id and m.role = 'instructor')));
revoke all on private.open_invitations from public, anon, authenticated, service_role;

-- What the rooms below share.

create function private.keeps_accounts() returns boolean language sql stable set search_path = '' as $$
  select to_regclass('auth.identities') is not null
$$;
comment on function private.keeps_accounts() is 'Whether a sign-in service keeps accounts beside this database, as in a Supabase project.';

create function private.learner_of_cohort(cohort uuid, called text) returns uuid
language sql immutable parallel safe set search_path = '' as $$
  select left(encode(sha256(convert_to(cohort::text || E'\n' || called, 'UTF8')), 'hex'), 32)::uuid
$$;
comment on function private.learner_of_cohort(uuid, text) is
  'Who a cohort''s own learner is that a list or a file calls so: the same one every time, and nobody chooses the id.';

-- Whether somebody who is not in a cohort (any more) is in no other and has no account: nobody else has a stake in them.
create function private.is_of_no_other(person uuid, cohort uuid) returns boolean language sql stable set search_path = '' as $$
  select exists (
      select from auth.users u
      where u.id = person and u.email is null and coalesce(u.raw_app_meta_data ->> 'role', 'student') = 'student')
    and not exists (select from public.cohort_members m where m.user_id = person and m.cohort_id <> cohort)
$$;

-- One who keeps a cohort at a time. Who was no keeper any more when the turn came is refused.
create function private.keep_cohort(cohort uuid) returns void language plpgsql set search_path = '' as $$
begin
  perform private.require_cohort(cohort);
  perform from public.cohorts c where c.id = cohort for no key update;
  perform private.require_cohort(cohort);
end
$$;

create function private.require_unarchived(cohort uuid) returns void language plpgsql stable set search_path = '' as $$
begin
  if exists (select from public.cohorts c where c.id = cohort and c.archived_at is not null) then
    raise exception 'This cohort is archived: take it out of the archive before anybody is added.' using errcode = '22023';
  end if;
end
$$;

create function private.checked_cohort_name(name text) returns text language plpgsql immutable set search_path = '' as $$
begin
  if name is null or btrim(name) = '' then
    raise exception 'A cohort needs a name.' using errcode = '22023';
  elsif length(btrim(name)) > 200 then
    raise exception 'The name of a cohort has at most 200 characters; this one has %.', length(btrim(name)) using errcode = '22023';
  elsif private.holds_unseen(name) then
    raise exception 'The name of a cohort holds no control or invisible direction characters.' using errcode = '22023';
  end if;
  return btrim(name);
end
$$;

create function private.holds_unseen(text) returns boolean language sql immutable parallel safe set search_path = '' as $$
  select $1 ~ '[\u0001-\u001F\u007F-\u009F\u061C\u200E\u200F\u2028-\u202E\u2066-\u2069]'
$$;

create function private.looks_like_email(text) returns boolean language sql immutable parallel safe set search_path = '' as $$
  select $1 ~ '^[^@[:space:]<>,;"]+@[^@[:space:]<>,;"]+$' and length($1) <= 320 and not private.holds_unseen($1)
$$;

-- What a cohort is.

-- Make a cohort, which its maker teaches. The id is what the call is known by: of it and of who asks follows the cohort's own, which nobody
-- chooses but the service. The same call again leaves the cohort as it is.
create function public.create_cohort(cohort uuid, name text) returns jsonb language plpgsql security invoker set search_path = '' as $$
begin
  return private.create_cohort(cohort, name);
end
$$;

create function private.create_cohort(cohort uuid, name text) returns jsonb language plpgsql security definer set search_path = '' as $$
declare
  asker constant uuid := case when not private.is_service() then auth.uid() end;
  made constant uuid := private.cohort_asked_for(asker, cohort);
  wanted text;
begin
  if not private.is_keeper()
     and not exists (select from private.people_with_role p where p.id = asker and p.role = 'instructor') then
    raise exception 'Cohorts are made by instructors and administrators.' using errcode = '42501';
  elsif cohort is null then
    raise exception 'A cohort needs an id.' using errcode = '22023';
  end if;
  wanted := private.checked_cohort_name(name);
  insert into public.cohorts (id, name) values (made, wanted) on conflict do nothing;
  if found then
    insert into public.cohort_members (cohort_id, user_id, role) select made, asker, 'instructor' where asker is not null;
  elsif not exists (select from public.cohorts c where c.id = made) then
    perform private.say_taken(wanted);
  else
    perform private.require_cohort(made);
  end if;
  return (select jsonb_build_object('id', c.id, 'name', c.name) from public.cohorts c where c.id = made);
end
$$;

create function private.cohort_asked_for(asker uuid, id uuid) returns uuid language plpgsql immutable set search_path = '' as $$
begin
  return case
    when asker is null then id
    else left(encode(sha256(convert_to('cohort' || E'\n' || asker || E'\n' || id, 'UTF8')), 'hex'), 32)::uuid
  end;
end
$$;

create function private.say_taken(name text) returns void language plpgsql immutable set search_path = '' as $$
begin
  raise exception 'The name "%" is taken; choose another.', name using errcode = '22023';
end
$$;

create function public.rename_cohort(cohort uuid, name text) returns jsonb language plpgsql security invoker set search_path = '' as $$
begin
  return private.rename_cohort(cohort, name);
end
$$;

create function private.rename_cohort(cohort uuid, name text) returns jsonb language plpgsql security definer set search_path = '' as $$
declare
  wanted text;
begin
  perform private.keep_cohort(cohort);
  wanted := private.checked_cohort_name(name);
  update public.cohorts c set name = wanted where c.id = cohort;
  return jsonb_build_object('id', cohort, 'name', wanted);
exception when unique_violation then
  perform private.say_taken(wanted);
end
$$;

create function public.archive_cohort(cohort uuid, archived boolean)
returns jsonb language plpgsql security invoker set search_path = '' as $$
begin
  return private.archive_cohort(cohort, archived);
end
$$;

create function private.archive_cohort(cohort uuid, archived boolean)
returns jsonb language plpgsql security definer set search_path = '' as $$
begin
  perform private.keep_cohort(cohort);
  if archived is null then
    raise exception 'A cohort is archived or it is not: say which.' using errcode = '22023';
  end if;
  update public.cohorts c set archived_at = case when archived then coalesce(c.archived_at, now()) end where c.id = cohort;
  return (select jsonb_build_object('id', c.id, 'archived_at', c.archived_at) from public.cohorts c where c.id = cohort);
end
$$;

-- Who is in it.

create function public.cohort_roster(cohort uuid) returns jsonb language plpgsql stable security invoker set search_path = '' as $$
begin
  return private.cohort_roster(cohort);
end
$$;

create function private.cohort_roster(cohort uuid) returns jsonb language plpgsql stable security definer set search_path = '' as $$
begin
  perform private.require_cohort(cohort);
  return jsonb_build_object(
    'people', (
      select coalesce(jsonb_agg(jsonb_build_object(
          'id', p.id, 'display_name', p.display_name, 'email', u.email, 'role', m.role, 'added_at', m.added_at,
          'last_activity', (select max(s.last_assessed_at) from public.student_mastery s where s.user_id = p.id))
        order by m.role, lower(p.display_name), p.id), '[]')
      from public.cohort_members m join public.profiles p on p.id = m.user_id join auth.users u on u.id = m.user_id
      where m.cohort_id = cohort),
    'invitations', (
      select coalesce(jsonb_agg(jsonb_build_object(
          'addressee', i.addressee, 'role', i.role, 'name', i.name, 'invited_at', i.invited_at)
        order by i.role, i.addressee), '[]')
      from private.open_invitations i where i.cohort_id = cohort));
end
$$;

-- What a list of students would come to, and then to make it so. Lines: line (its number), and name, email or id, of which the id says
-- who is meant, else the e-mail, else the name. make_new: whether who is unknown is made, or invited by an id. Answers, in the order given:
--   add        somebody whom the asker sees already
--   new        a learner that is made
--   invite     somebody else, by e-mail or id
--   already    in the cohort, or invited
--   repeated   the same as the line same_as
--   ambiguous  several have this name
--   unknown    nobody the asker sees, and none is to be made
--   refused    was in the cohort under this name, and is somewhere else now
create function public.plan_roster(cohort uuid, lines jsonb, make_new boolean)
returns jsonb language plpgsql stable security invoker set search_path = '' as $$
begin
  return private.plan_roster(cohort, lines, make_new);
end
$$;

create function private.plan_roster(cohort uuid, lines jsonb, make_new boolean)
returns jsonb language plpgsql stable security definer set search_path = '' as $$
begin
  perform private.require_cohort(cohort);
  return (
    select coalesce(jsonb_agg(jsonb_build_object(
        'line', r.line, 'verdict', r.verdict, 'person', r.person, 'display_name', r.display_name, 'same_as', r.same_as)
      order by r.n), '[]')
    from private.read_roster(cohort, private.checked_lines(lines), make_new) r);
end
$$;

create function private.checked_lines(lines jsonb) returns jsonb language plpgsql immutable set search_path = '' as $$
declare
  bad record;
begin
  if lines in ('[]', '{}') then -- the latter: an empty list from a client that does not know what would have been in it
    return '[]';
  elsif jsonb_typeof(lines) is distinct from 'array' or jsonb_array_length(lines) > 10000 then
    raise exception 'The lines come as a list of at most 10,000.' using errcode = '22023';
  elsif exists (select from jsonb_array_elements(lines) l where jsonb_typeof(l) <> 'object') then
    raise exception 'A line is an object with line, and name, email or id.' using errcode = '22023';
  end if;
  select g.line, case
      when g.line is null then 'it has no number'
      when coalesce(g.name, g.email, g.id::text) is null then 'it names nobody'
      when length(g.name) > 200 then 'a name has at most 200 characters'
      when private.holds_unseen(g.name) then 'a name holds no control or invisible direction characters'
      when not private.looks_like_email(g.email) then 'this is no e-mail address'
    end as why
  into bad
  from private.lines_of(lines) g
  where g.line is null or coalesce(g.name, g.email, g.id::text) is null or length(g.name) > 200 or private.holds_unseen(g.name)
    or not private.looks_like_email(g.email)
  order by g.n limit 1;
  if found then
    raise exception 'Line %: %.', coalesce(bad.line::text, '?'), bad.why using errcode = '22023';
  end if;
  return lines;
end
$$;

-- An address where a name should stand is an address.
create function private.lines_of(lines jsonb) returns table (n bigint, line integer, name text, email text, id uuid)
language sql immutable set search_path = '' as $$
  select l.n, (l.given ->> 'line')::integer, case when not s.is_address then s.name end,
         lower(case when s.is_address then s.name else s.email end), nullif(btrim(l.given ->> 'id'), '')::uuid
  from jsonb_array_elements(lines) with ordinality as l (given, n)
  cross join lateral (
    select g.name, g.email, g.email is null and coalesce(private.looks_like_email(g.name), false) as is_address
    from (select nullif(btrim(l.given ->> 'name'), '') as name, nullif(btrim(l.given ->> 'email'), '') as email) g
  ) s
$$;

-- Those about whom a list may say something to the one who asks.
create function private.people_at_hand(cohort uuid) returns uuid[] language plpgsql stable set search_path = '' as $$
begin
  return case
    when private.is_keeper() then array(select p.id from public.profiles p)
    else private.visible_people() || array(select m.user_id from public.cohort_members m where m.cohort_id = cohort)
  end;
end
$$;

-- The rule of the verdicts. Everything a line is compared with is at hand, or made of the line itself; besides that it is asked whether an
-- e-mail is anybody's, where no sign-in service keeps accounts. A cohort's own learner is who the list calls so, even where they have
-- another name now. A line with a name alone means who joins by that name with an e-mail or id; where somebody else may be meant too, it
-- is ambiguous.
create function private.read_roster(cohort uuid, lines jsonb, make_new boolean)
returns table (
  n bigint, line integer, verdict text, person uuid, display_name text, same_as integer, own uuid, name text, email text, addressee text)
language plpgsql stable set search_path = '' set plan_cache_mode = 'force_custom_plan' as $$
#variable_conflict use_column
declare
  this_cohort constant uuid := cohort;
  is_making constant boolean := coalesce(make_new, false);
  at_hand constant uuid[] := private.people_at_hand(cohort);
  has_accounts constant boolean := private.keeps_accounts();
begin
  return query
  with given as materialized (
    select g.*, case when g.id is not null then 'id' when g.email is not null then 'email' else 'name' end as kind,
           case when g.id is null then coalesce(g.email, g.name) end as called, coalesce(g.id::text, g.email) as addressee
    from private.lines_of(lines) g
  ),
  own as materialized ( -- the learners of this cohort called so, whether they are there or not
    select o.called, o.id, p.id is not null as is_there,
           p.id is not null and (e.id is not null or private.is_of_no_other(o.id, this_cohort)) as is_at_hand
    from (select called, private.learner_of_cohort(this_cohort, called) as id from given where called is not null group by called) o
    left join public.profiles p on p.id = o.id
    left join (select distinct unnest(at_hand) as id) e on e.id = o.id
  ),
  seen as materialized (
    select p.id, p.display_name, lower(p.display_name) as name, lower(u.email) as email, m.user_id is not null as is_member
    from (select unnest(at_hand) as id union select o.id from own o where o.is_at_hand) each
    join public.profiles p on p.id = each.id
    join auth.users u on u.id = each.id
    left join public.cohort_members m on m.cohort_id = this_cohort and m.user_id = each.id
  ),
  known as materialized ( -- by name or e-mail: the only one, or the only one in the cohort
    select w.kind, w.word, case when w.members = 1 or w.members = 0 and w.total = 1 then w.first_one end as id
    from (
      select v.kind, v.word, count(*) as total, count(*) filter (where s.is_member) as members,
             (array_agg(s.id order by s.is_member desc))[1] as first_one
      from seen s cross join lateral (values ('name', s.name), ('email', s.email)) as v (kind, word)
      where v.word is not null
      group by v.kind, v.word
    ) w
  ),
  taken as materialized (
    select distinct lower(u.email) as email
    from auth.users u
    where not has_accounts and lower(u.email) in (select g.email from given g where g.kind = 'email')
  ),
  met as materialized (
    select g.*, g.kind = 'name' or g.kind = 'email' and not has_accounts and k.kind is null and t.email is null as is_makeable,
           o.id as own, o.is_there, case when o.is_at_hand then o.id end as own_one, k.id as known_one, k.kind is not null as is_known,
           s.id as named_one, i.addressee is not null as is_invited
    from given g
    left join own o on o.called = g.called
    left join known k on k.kind = g.kind and k.word = case g.kind when 'email' then g.email when 'name' then lower(g.name) end
    left join taken t on g.kind = 'email' and t.email = g.email
    left join seen s on g.kind = 'id' and s.id = g.id
    left join private.open_invitations i on i.cohort_id = this_cohort and i.addressee = g.addressee
  ),
  people as materialized (
    select m.*,
           case m.kind
             when 'id' then m.named_one
             when 'name' then coalesce(m.own_one, m.known_one)
             else case when m.is_makeable then m.own_one else m.known_one end
           end as who,
           m.is_known and m.known_one is null and (m.kind = 'email' or m.own_one is null) as is_one_of_several,
           m.is_makeable and m.is_there and m.own_one is null as is_elsewhere
    from met m
  ),
  joining as materialized ( -- who joins with an e-mail or id, by the name that the list gives them
    select lower(p.name) as name, count(distinct p.addressee) as total, min(p.addressee) as addressee
    from people p
    where p.kind <> 'name' and p.name is not null and p.who is null and not p.is_one_of_several and not p.is_elsewhere
      and (is_making or p.is_invited or p.kind = 'email' and not p.is_makeable)
    group by lower(p.name)
  ),
  judged as materialized (
    select p.*, j.addressee as meant,
           case
             when p.is_one_of_several or j.total > 1 and p.own_one is null or j.total = 1 and p.who is not null and p.own_one is null
               then 'ambiguous'
             when p.who is not null or j.total = 1 then null
             when p.is_elsewhere and (p.kind = 'name' or not p.is_invited) then 'refused'
             when not is_making and not p.is_invited and (p.is_makeable or p.kind = 'id') then 'unknown'
           end as without
    from people p left join joining j on p.kind = 'name' and j.name = lower(p.name)
  ),
  keyed as materialized (
    select d.*, coalesce(d.who::text, d.addressee, d.meant, 'name ' || lower(d.name)) as key,
           case when d.kind = 'id' then 1 when d.kind = 'email' then 2 when d.own_one is not null then 3 else 4 end as sureness
    from judged d
  ),
  firsts as ( -- the surest comes first, whoever it turns out later to be whom a less sure one means
    select distinct on (k.key) k.key, k.n, k.line from keyed k where k.without is null order by k.key, k.sureness, k.n
  )
  select k.n, k.line,
         case
           when k.without is not null then k.without
           when f.n <> k.n then 'repeated'
           when s.is_member then 'already'
           when k.who is not null then 'add'
           when k.kind <> 'name' and k.is_invited then 'already'
           when k.is_makeable then 'new'
           else 'invite'
         end,
         case when k.without is null then k.who end,
         case when k.without is null then coalesce(s.display_name, k.name) else k.name end,
         case when k.without is null and f.n <> k.n then f.line end,
         k.own, k.name, case when k.kind = 'email' then k.email end, k.addressee
  from keyed k
  left join firsts f on k.without is null and f.key = k.key
  left join seen s on s.id = k.who;
end
$$;

-- Make a list so, where it still comes to what the plan said; all of it or nothing.
create function public.add_roster(cohort uuid, lines jsonb, make_new boolean, plan jsonb)
returns jsonb language plpgsql security invoker set search_path = '' as $$
begin
  return private.add_roster(cohort, lines, make_new, plan);
end
$$;

create function private.add_roster(cohort uuid, lines jsonb, make_new boolean, plan jsonb)
returns jsonb language plpgsql security definer set search_path = '' set plan_cache_mode = 'force_custom_plan' as $$
declare
  asker constant uuid := case when not private.is_service() then auth.uid() end;
  checked jsonb;
  planned jsonb;
  is_as_planned boolean;
  is_done boolean;
  at_hand uuid[];
  own_learners uuid[];
  named uuid[];
  added integer;
  made integer;
  invited integer;
begin
  perform private.keep_cohort(cohort);
  perform private.require_unarchived(cohort);
  checked := private.checked_lines(lines);
  if jsonb_typeof(plan) is distinct from 'array' then
    raise exception 'The plan comes as a list, as it was given.' using errcode = '22023';
  end if;
  select coalesce(jsonb_agg(to_jsonb(r) order by r.n), '[]') into planned from private.read_roster(cohort, checked, make_new) r;

  select count(*) filter (
           where now_is.n is null or was.n is null or now_is.line::text is distinct from was.given ->> 'line'
             or now_is.verdict is distinct from was.given ->> 'verdict' or now_is.person is distinct from was.given ->> 'person') = 0,
         count(*) filter (where was.given ->> 'verdict' in ('add', 'new', 'invite')) > 0
           and count(*) filter (where was.given ->> 'verdict' in ('add', 'new', 'invite') and now_is.verdict is distinct from 'already') = 0
  into is_as_planned, is_done
  from jsonb_to_recordset(planned) as now_is (n bigint, line integer, verdict text, person text)
  full join jsonb_array_elements(plan) with ordinality as was (given, n) on was.n = now_is.n;

  -- Those named, as they are once nobody else writes about them.
  named := array(
    select r.person from jsonb_to_recordset(planned) as r (verdict text, person uuid)
    where r.verdict in ('add', 'already') and r.person is not null);
  perform from public.profiles p where p.id = any (named) order by p.id for no key update;
  if is_done and jsonb_array_length(plan) = jsonb_array_length(planned) then
    perform private.keep_from_imports(cohort, named);
    return jsonb_build_object('added', 0, 'made', 0, 'invited', 0);
  end if;
  at_hand := private.people_at_hand(cohort);
  own_learners := array(select r.own from jsonb_to_recordset(planned) as r (own uuid) where r.own is not null);
  if not is_as_planned or exists (
      select from (
        select r.person from jsonb_to_recordset(planned) as r (verdict text, person uuid) where r.verdict = 'add'
        except select unnest(at_hand)
      ) gone
      where not gone.person = any (own_learners) or not private.is_of_no_other(gone.person, cohort)) then
    perform private.say_changed();
  end if;

  insert into auth.users (id, email, raw_user_meta_data)
  select r.own, r.email, jsonb_strip_nulls(jsonb_build_object('display_name', r.name))
  from jsonb_to_recordset(planned) as r (verdict text, own uuid, name text, email text)
  where r.verdict = 'new'
  order by r.own
  on conflict do nothing;
  get diagnostics made = row_count;
  if made <> (select count(*) from jsonb_to_recordset(planned) as r (verdict text) where r.verdict = 'new') then
    perform private.say_changed(); -- somebody else made one of them while this waited
  end if;

  insert into public.cohort_members (cohort_id, user_id)
  select cohort, case r.verdict when 'add' then r.person else r.own end
  from jsonb_to_recordset(planned) as r (verdict text, person uuid, own uuid)
  where r.verdict in ('add', 'new')
  order by 2
  on conflict do nothing;
  get diagnostics added = row_count;
  perform private.keep_from_imports(cohort, named);

  insert into public.cohort_invitations as i (cohort_id, addressee, role, name, invited_by)
  select cohort, r.addressee, 'student', r.name, asker
  from jsonb_to_recordset(planned) as r (verdict text, addressee text, name text)
  where r.verdict = 'invite'
  order by 2
  on conflict (cohort_id, addressee) do update -- one that did not count any more
    set role = excluded.role, name = excluded.name, invited_by = excluded.invited_by, invited_at = excluded.invited_at;
  get diagnostics invited = row_count;
  return jsonb_build_object('added', added - made, 'made', made, 'invited', invited);
end
$$;

-- Whom a list names is in the cohort because of it: no import that brought them takes them along when it is undone.
create function private.keep_from_imports(cohort uuid, named uuid[]) returns void language plpgsql set search_path = '' as $$
begin
  update public.cohort_members m set import_id = null
  where m.cohort_id = cohort and m.user_id = any (named) and m.import_id is not null;
  update public.profiles p set import_id = null where p.id = any (named) and p.import_id is not null;
end
$$;

create function private.say_changed() returns void language plpgsql immutable set search_path = '' as $$
begin
  raise exception 'The list would now come to something else than the preview said; look at it again.' using errcode = '22023';
end
$$;

create function public.remove_member(cohort uuid, person uuid) returns jsonb language plpgsql security invoker set search_path = '' as $$
begin
  return private.remove_member(cohort, person);
end
$$;

create function private.remove_member(cohort uuid, person uuid) returns jsonb language plpgsql security definer set search_path = '' as $$
declare
  was text;
  was_added_at timestamptz;
  was_of_import uuid;
begin
  perform private.keep_cohort(cohort);
  select m.role into was from public.cohort_members m where m.cohort_id = cohort and m.user_id = person;
  if found then
    perform private.lock_learner(person);
    if was = 'instructor' and not private.is_keeper() and not exists (
        select from public.cohort_members m where m.cohort_id = cohort and m.role = 'instructor' and m.user_id <> person) then
      raise exception 'You are the only one who teaches this cohort: add somebody else first.' using errcode = '22023';
    end if;
    delete from public.cohort_members m where m.cohort_id = cohort and m.user_id = person
    returning m.role, m.added_at, m.import_id into was, was_added_at, was_of_import;
    insert into private.departures as d (cohort_id, user_id, role, added_at, import_id, removed_by)
    select cohort, person, was, was_added_at, was_of_import, case when not private.is_service() then auth.uid() end
    where was is not null
    on conflict (cohort_id, user_id) do update
      set role = excluded.role, added_at = excluded.added_at, import_id = excluded.import_id,
          removed_by = excluded.removed_by, removed_at = excluded.removed_at;
  end if;
  return jsonb_build_object('person', person, 'role', was, 'changed', was is not null);
end
$$;

-- Undo a removal, as they were. Who did it may within the hour, those who keep the house at any time.
create function public.put_back(cohort uuid, person uuid) returns jsonb language plpgsql security invoker set search_path = '' as $$
begin
  return private.put_back(cohort, person);
end
$$;

create function private.put_back(cohort uuid, person uuid) returns jsonb language plpgsql security definer set search_path = '' as $$
declare
  is_changed boolean := false;
  was text;
  was_added_at timestamptz;
  was_of_import uuid;
begin
  perform private.keep_cohort(cohort);
  perform private.require_unarchived(cohort);
  select m.role into was from public.cohort_members m where m.cohort_id = cohort and m.user_id = person;
  if not found then
    select d.role, d.added_at, i.id into was, was_added_at, was_of_import
    from private.departures d left join public.imports i on i.id = d.import_id and i.state <> 'undone'
    where d.cohort_id = cohort and d.user_id = person
      and (private.is_keeper() or d.removed_by = auth.uid() and d.removed_at > now() - interval '1 hour');
    if not found then
      raise exception 'This can be undone for an hour, by who did it.' using errcode = '22023';
    end if;
    perform private.lock_learner(person);
    insert into public.cohort_members (cohort_id, user_id, role, added_at, import_id)
    values (cohort, person, was, was_added_at, was_of_import) on conflict do nothing;
    is_changed := found;
  end if;
  return jsonb_build_object('person', person, 'role', was, 'changed', is_changed);
end
$$;

-- Whom it invites.

create function public.invite(cohort uuid, addressee text, role text)
returns jsonb language plpgsql security invoker set search_path = '' as $$
begin
  return private.invite(cohort, addressee, role);
end
$$;

create function private.invite(cohort uuid, addressee text, role text)
returns jsonb language plpgsql security definer set search_path = '' as $$
#variable_conflict use_column
declare
  wanted constant text := private.checked_addressee(addressee);
  asker constant uuid := case when not private.is_service() then auth.uid() end;
  is_changed boolean := false;
begin
  perform private.keep_cohort(cohort);
  perform private.require_unarchived(cohort);
  if role is null or role not in ('student', 'instructor') then
    raise exception 'Unknown role in a cohort "%": use one of instructor, student.', left(role, 80) using errcode = '22023';
  elsif wanted is null then
    raise exception 'An invitation goes to an e-mail address or to the id of a person.' using errcode = '22023';
  end if;
  if not exists (
      select from public.cohort_members m join auth.users u on u.id = m.user_id
      where m.cohort_id = cohort and wanted in (u.id::text, lower(u.email)) and m.role in (invite.role, 'instructor'))
     and not exists (
      select from private.open_invitations i where i.cohort_id = cohort and i.addressee = wanted and i.role = invite.role) then
    insert into public.cohort_invitations as i (cohort_id, addressee, role, invited_by) values (cohort, wanted, invite.role, asker)
    on conflict (cohort_id, addressee) do update
      set role = excluded.role, invited_by = excluded.invited_by, invited_at = excluded.invited_at;
    is_changed := true;
  end if;
  return jsonb_build_object('addressee', wanted, 'role', role, 'changed', is_changed);
end
$$;

-- An addressee as it is kept; null where it is none.
create function private.checked_addressee(addressee text) returns text language plpgsql immutable set search_path = '' as $$
declare
  wanted constant text := lower(btrim(addressee));
begin
  if private.looks_like_email(wanted) then
    return wanted;
  end if;
  return case when wanted ~ '^[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}$' then wanted end;
end
$$;

create function public.withdraw_invitation(cohort uuid, addressee text)
returns jsonb language plpgsql security invoker set search_path = '' as $$
begin
  return private.withdraw_invitation(cohort, addressee);
end
$$;

create function private.withdraw_invitation(cohort uuid, addressee text)
returns jsonb language plpgsql security definer set search_path = '' as $$
begin
  perform private.keep_cohort(cohort);
  delete from public.cohort_invitations i where i.cohort_id = cohort and i.addressee = lower(btrim(withdraw_invitation.addressee));
  return jsonb_build_object('changed', found);
end
$$;

-- The invitations of the one who asks, by id or by an e-mail that is known to be theirs. A cohort in the archive does not ask.
create function public.my_invitations() returns jsonb language plpgsql stable security invoker set search_path = '' as $$
begin
  return private.my_invitations();
end
$$;

create function private.my_invitations() returns jsonb language plpgsql stable security definer set search_path = '' as $$
begin
  return (
    select coalesce(jsonb_agg(jsonb_build_object(
        'cohort', i.cohort_id, 'cohort_name', c.name, 'role', i.role, 'invited_by', p.display_name, 'invited_at', i.invited_at)
      order by c.name, i.cohort_id), '[]')
    from (
      select distinct on (i.cohort_id) i.*
      from private.open_invitations i
      where i.addressee = any (private.own_addresses())
      order by i.cohort_id, i.role, i.invited_at
    ) i
    join public.cohorts c on c.id = i.cohort_id and c.archived_at is null
    left join public.profiles p on p.id = i.invited_by);
end
$$;

create function private.own_addresses() returns text[] language plpgsql stable set search_path = '' as $$
begin
  return array(
    select each
    from auth.users u cross join lateral (
      values (u.id::text),
             (case when not to_jsonb(u) ? 'email_confirmed_at' or to_jsonb(u) ->> 'email_confirmed_at' is not null then lower(u.email) end)
    ) as address (each)
    where u.id = auth.uid() and (u.raw_app_meta_data ->> 'role') is distinct from 'researcher' and each is not null);
end
$$;

-- Accept an invitation of one's own, or decline it: then nothing of it is left. It never takes a role away.
create function public.answer_invitation(cohort uuid, accept boolean)
returns jsonb language plpgsql security invoker set search_path = '' as $$
begin
  return private.answer_invitation(cohort, accept);
end
$$;

create function private.answer_invitation(cohort uuid, accept boolean)
returns jsonb language plpgsql security definer set search_path = '' as $$
declare
  asker constant uuid := auth.uid();
  addresses constant text[] := private.own_addresses();
  offered text;
  has_role text;
begin
  if accept is null then
    raise exception 'Accept the invitation or decline it: say which.' using errcode = '22023';
  end if;
  perform from public.cohorts c
  where c.id = cohort and exists (select from public.cohort_invitations i where i.cohort_id = c.id and i.addressee = any (addresses))
  for no key update;
  select min(i.role) into offered -- to teach, where both are offered
  from private.open_invitations i join public.cohorts c on c.id = i.cohort_id and c.archived_at is null
  where i.cohort_id = cohort and i.addressee = any (addresses);
  select m.role into has_role from public.cohort_members m where m.cohort_id = cohort and m.user_id = asker and addresses <> '{}';
  if offered is null and not (accept and has_role is not null) then -- who is in accepted before
    raise exception 'There is no such invitation, or not any more.' using errcode = 'P0002';
  end if;
  if accept and offered is not null then
    perform private.lock_learner(asker);
    insert into public.cohort_members as m (cohort_id, user_id, role) values (cohort, asker, offered)
    on conflict (cohort_id, user_id) do update set role = excluded.role where excluded.role = 'instructor';
    select m.role into has_role from public.cohort_members m where m.cohort_id = cohort and m.user_id = asker;
  end if;
  delete from public.cohort_invitations i where i.cohort_id = cohort and i.addressee = any (addresses);
  return jsonb_build_object('cohort', cohort, 'role', case when accept then has_role else offered end, 'accepted', accept);
end
$$;

do $$
declare
  made text;
begin
  foreach made in array array[
    'private.forget_departures()', 'private.forget_invitations()', 'private.cohort_asked_for(uuid, uuid)',
    'private.keep_from_imports(uuid, uuid[])', 'private.keeps_accounts()', 'private.learner_of_cohort(uuid, text)',
    'private.is_of_no_other(uuid, uuid)', 'private.keep_cohort(uuid)', 'private.require_unarchived(uuid)',
    'private.checked_cohort_name(text)', 'private.holds_unseen(text)', 'private.looks_like_email(text)', 'private.say_taken(text)',
    'private.checked_lines(jsonb)', 'private.lines_of(jsonb)', 'private.people_at_hand(uuid)',
    'private.read_roster(uuid, jsonb, boolean)', 'private.say_changed()', 'private.checked_addressee(text)', 'private.own_addresses()'] loop
    execute format('revoke all on routine %s from public, anon, authenticated, service_role', made);
  end loop;
  foreach made in array array[
    'create_cohort(uuid, text)', 'rename_cohort(uuid, text)', 'archive_cohort(uuid, boolean)', 'cohort_roster(uuid)',
    'plan_roster(uuid, jsonb, boolean)', 'add_roster(uuid, jsonb, boolean, jsonb)', 'remove_member(uuid, uuid)', 'put_back(uuid, uuid)',
    'invite(uuid, text, text)', 'withdraw_invitation(uuid, text)', 'my_invitations()', 'answer_invitation(uuid, boolean)'] loop
    execute format('revoke all on routine public.%s, private.%1$s from public, anon, authenticated, service_role', made);
    execute format('grant execute on routine public.%s, private.%1$s to authenticated, service_role', made);
  end loop;
end
$$;
