(function(){
 "use strict";
 var q=document.getElementById("q"),rows=[].slice.call(document.querySelectorAll("#list>details")),shown=document.getElementById("shown");
 var chips=[].slice.call(document.querySelectorAll("button[data-sev]")),owner=document.getElementById("owner"),scope=document.getElementById("scope");
 var cache=null,clear=document.getElementById("clear");
 function build(){
  cache=rows.map(function(d){
   var head=(d.querySelector(".title").textContent+" "+d.dataset.s+" "+(d.querySelector(".why")||{textContent:""}).textContent+" "+d.dataset.c).toLowerCase();
   return {d:d,head:head,items:[].slice.call(d.querySelectorAll("li")).map(function(li){return {li:li,text:(li.textContent+" "+li.parentNode.dataset.r).toLowerCase()}})};
  });
 }
 function apply(){
  if(!cache)build();
  var words=q.value.toLowerCase().split(/\s+/).filter(Boolean),on=chips.filter(function(b){return b.getAttribute("aria-pressed")==="true"}).map(function(b){return b.dataset.sev});
  var total=0,controls=0,sc=scope?scope.value:"";
  cache.forEach(function(c){
   var ok=(!on.length||on.indexOf(c.d.dataset.s)>=0)&&(!owner||!owner.value||owner.value===c.d.dataset.o),n=0;
   if(ok){
    c.items.forEach(function(i){
     var hit=(!sc||i.li.dataset.u===sc)&&words.every(function(w){return c.head.indexOf(w)>=0||i.text.indexOf(w)>=0});
     i.li.classList.toggle("hide",!hit);if(hit)n++;
    });
    c.d.querySelectorAll("ul").forEach(function(u){
     var none=!u.querySelector("li:not(.hide)");u.classList.toggle("hide",none);
     if(u.previousElementSibling&&u.previousElementSibling.className==="reason")u.previousElementSibling.classList.toggle("hide",none);
    });
   }
   c.d.classList.toggle("hide",!n);
   if(n){controls++;total+=n;c.d.querySelector(".count").textContent=n+(n===1?" resource":" resources")}
  });
  var on1=words.length||on.length||sc||(owner&&owner.value);
  shown.textContent=!on1?"":total?total.toLocaleString("en")+(total===1?" finding in ":" findings in ")+controls+(controls===1?" control":" controls"):"Nothing here is like that.";
  clear.hidden=!on1;
  if(words.length&&controls<=3)rows.forEach(function(d){if(!d.classList.contains("hide"))d.open=true});
 }
 function unfold(){var d=location.hash.length>1&&document.getElementById(location.hash.slice(1));if(d&&d.tagName==="DETAILS"){d.classList.remove("hide");d.open=true;d.scrollIntoView()}}
 window.addEventListener("hashchange",unfold);unfold();
 var timer;
 if(q){
  q.addEventListener("input",function(){clearTimeout(timer);timer=setTimeout(apply,120)});
  [owner,scope].forEach(function(s){if(s)s.addEventListener("change",apply)});
  clear.addEventListener("click",function(){q.value="";[owner,scope].forEach(function(s){if(s)s.value=""});chips.forEach(function(b){b.setAttribute("aria-pressed","false")});apply();q.focus()});
  chips.forEach(function(b){b.addEventListener("click",function(){b.setAttribute("aria-pressed",b.getAttribute("aria-pressed")==="true"?"false":"true");apply()})});
  document.addEventListener("keydown",function(e){if(e.key==="/"&&!/INPUT|SELECT|TEXTAREA/.test(document.activeElement.tagName)){e.preventDefault();q.focus()}});
 }
 var find=document.getElementById("find"),found=document.getElementById("found");
 if(find){
  var trs=[].slice.call(document.querySelectorAll(".list tbody tr"));
  find.addEventListener("input",function(){
   var words=find.value.toLowerCase().split(/\s+/).filter(Boolean),n=0;
   trs.forEach(function(tr){var text=tr.textContent.toLowerCase(),hit=words.every(function(w){return text.indexOf(w)>=0});tr.classList.toggle("hide",!hit);if(hit)n++});
   found.textContent=words.length?n+" of "+trs.length+" rows":"";
  });
  document.addEventListener("keydown",function(e){if(e.key==="/"&&document.activeElement!==find){e.preventDefault();find.focus()}});
 }
 document.addEventListener("click",function(e){
  var b=e.target.closest&&e.target.closest(".copy");if(!b)return;
  var text=b.nextElementSibling.textContent,done=function(){b.textContent="copied";setTimeout(function(){b.textContent="copy"},1200)};
  if(navigator.clipboard&&window.isSecureContext)navigator.clipboard.writeText(text).then(done);
  else{var t=document.createElement("textarea");t.value=text;document.body.appendChild(t);t.select();document.execCommand("copy");t.remove();done()}
 });
 var was=[];
 window.addEventListener("beforeprint",function(){was=[].slice.call(document.querySelectorAll("details:not([open]):not(.more):not(.quiet)"));was.forEach(function(d){d.open=true})});
 window.addEventListener("afterprint",function(){was.forEach(function(d){d.open=false})});
})();
