#include "tests/support/catch.h"
#include <chrono>
#include "tests/crown/scene.h"
#include "tests/crown/tracer.h"
namespace ocinet::test {
template<class F> void timed(const char* n, F f){ auto t=std::chrono::steady_clock::now(); f(); std::cout<<n<<" "<<std::chrono::duration<double,std::milli>(std::chrono::steady_clock::now()-t).count()<<" ms\n";}
TEST_CASE("zz timing"){
  std::unique_ptr<Scene> s;
  for(int i=0;i<2;i++){
  timed("reset",[&]{s.reset();});
  timed("scene",[&]{s=std::make_unique<Scene>(Setting{.name="cold",.forwards=true});});
  timed("everything",[&]{s->everything();});
  timed("kernel",[&]{s->kernel();});
  timed("attach",[&]{s->box().attach();});
  timed("kernel",[&]{s->kernel();});
  timed("detach",[&]{s->box().detach();});
  timed("trace",[&]{trace_hook(s->host(),s->box(),"createRuntime",{});});
  timed("everything",[&]{s->everything();});
  timed("detach",[&]{s->box().detach();});
  timed("gc",[&]{s->host().run("/tmp/helperC-build/bin/ocinet gc");});
  timed("true",[&]{s->host().run("true");});
  timed("query",[&]{s->host().run("ip -j -d link; nft -j list ruleset");});
  }
}}
