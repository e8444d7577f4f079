import time, uuid
from datetime import date, timedelta
from tests.app.duty.cast import *
from falin.kernel.transactions import inside
def test_bench(world):
    scope = engage(world).scope(world)
    node = world.node(VILLAGE)
    n=600
    begin = at(date(2026,3,1),0)
    t=time.perf_counter()
    for i in range(n):
        with inside(scope, read_only=False):
            log_visit(scope=scope, visit_id=uuid.uuid4(), node_id=node, kind=VisitKind.VISIT, begins_at=begin+timedelta(hours=2*i), ends_at=begin+timedelta(hours=2*i+1), written_at=NOW, now=NOW)
    a=(time.perf_counter()-t)/n*1000
    t=time.perf_counter()
    with inside(scope, read_only=False):
        for i in range(n):
            log_visit(scope=scope, visit_id=uuid.uuid4(), node_id=node, kind=VisitKind.VISIT, begins_at=begin+timedelta(hours=2*i+1), ends_at=begin+timedelta(hours=2*i+2), written_at=NOW, now=NOW)
    b=(time.perf_counter()-t)/n*1000
    print("BENCH own tx ms", round(a,2), "batch ms", round(b,2))
