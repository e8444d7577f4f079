from django.db import migrations

# What the index of parts left out before: ends of upper places' names and of communities that begin inside rare words
# for a committee (虚拟社区, 家委会). Those that are there stay.
PARTS = """
insert into divisions_namepart (level, "inner", part, version_id)
select v.level, at > 1, substr(v.name, at), v.id from divisions_divisionversion v,
    generate_series(1, case when v.level < 5 then length(v.name) else coalesce(nullif(length(regexp_replace(v.name,
        '(?:社区居民委员会|社区居委会|村民委员会|居民委员会|村村委会|村委会|居委会|社区|村)$', '')), 0), length(v.name)) end) at
where v.level < 5 or v.name ~ '(?:社区村委会|社区村民委员会|社区管理委员会|社区管委会|社区工作站|社区筹备组|社区委员会|家委会|村居委会|村民小组|生活区|虚拟社区|虚拟村)$'
on conflict do nothing
"""


class Migration(migrations.Migration):
    dependencies = [("divisions", "0007_s7b_what_did_not_come_back")]
    operations = [migrations.RunSQL(PARTS, migrations.RunSQL.noop)]
