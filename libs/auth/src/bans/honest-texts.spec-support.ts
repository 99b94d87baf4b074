/** A text is what a person or a program puts into a query, and means well. */
const textsOf = (text: string): readonly string[] =>
  text
    .split(/[\n¦]/)
    .map((each) => each.trim())
    .filter((each) => each !== '');

const ABOUT_DATABASES = textsOf(`
how do I select a union representative? ¦ The Union selects its delegates in May ¦ union jack cushions
credit union, select branches only ¦ Western Union or select banks ¦ students' union and select committee ¦ select all that apply
Select your size, from XS to XXL ¦ select a seat from the plan where you like ¦ insert coin into the machine
Insert tab A into slot B ¦ delete from cart ¦ please delete from my account everything before 2020 ¦ drop table lamp
drop-leaf table for 4 ¦ Drop the database course I enrolled in ¦ update set list ¦ Update: the set was changed
create table reservations for two ¦ create user manual ¦ alter ego ¦ alter table height: 70-120 cm ¦ truncate long titles
grant applications 2024 ¦ grant and revoke of permits ¦ order by phone ¦ order by 12 for delivery at 6 ¦ Order by 3pm - next day
group by colour ¦ group by age having regard to sex ¦ having 2 or more children ¦ where 1 of 3 agree ¦ 1 or 2 bedrooms
1 and 1 make 2 ¦ 2 or more ¦ 3 or 4 years old ¦ 24 or 48 hours ¦ 5 and 6 June ¦ or 1 = one of them ¦ to be or not to be
either 'or' or 'and' ¦ I can't, you won't ¦ it's 5 o'clock ¦ the '90s and '00s ¦ rock 'n' roll ¦ 'tis the season
'twas the night before ¦ O'Reilly or O'Brien ¦ D'Angelo and D'Souza ¦ Conan O'Brien's show ¦ the boys' and girls' teams
James' or James's ¦ l'or et l'argent ¦ l'union fait la force ¦ d'abord et d'ailleurs ¦ aujourd'hui ou demain
c'est l'un ou l'autre ¦ qu'est-ce que c'est ? ¦ dell'arte e dell'amore ¦ l'select ¦ po' boy ¦ Grafens' Haus und Hof
Hans' Auto or Lisa's ¦ 5' 10" and up ¦ 6'2" or taller ¦ 12" or 14" laptop ¦ 1/2" x 3/4" pipe ¦ "exact phrase" and more
"red" or "blue" ¦ 'single' or 'double' ¦ title:"union" AND body:"select" ¦ price > 10 and price < 20 ¦ a = 1 and b = 2
status='open' and owner='me' ¦ name eq 'O''Neil' ¦ name like 'A%' ¦ year between 1990 and 2000 ¦ is null or empty ¦ not in stock
in ('small','large') ¦ count(*) in Excel ¦ SUM(A1:A3) ¦ =IF(A1>3,"yes","no") ¦ IF(ISBLANK(B2);"";B2) ¦ concat two strings
char(10) in Excel ¦ sleep(8) hours ¦ sleep 8 hours or 9 ¦ benchmark 2024 results ¦ benchmark (2024) ¦ version() of the app
user() function in Drupal ¦ database (2nd edition) ¦ left(join) or right(join) ¦ a -- b ¦ wait -- what? ¦ yes -- 1 of them
price: 100--200 ¦ C# or F# ¦ #1 or #2 ¦ item #5; item #6 ¦ 50% off; 2 for 1 ¦ /* comment */ ¦ 10 / 2 * 3 ¦ a;b;c
cast iron or cast steel ¦ declare war, set free ¦ exec summary ¦ execute order 66 ¦ what is a stored procedure?
procedure analyse du sang ¦ load file into memory ¦ limit 10 per customer ¦ offset 5 px ¦ limit 1,5 kg ¦ convert(kg)
the master..slave question ¦ hexadecimal 0xFF or 0x10 ¦ 0xdeadbeef ¦ ascii(art) ¦ substring of a string ¦ mid(summer) night
field(s) and row(s)
`);

const ABOUT_SCRIPTS = textsOf(`
<3 ¦ I <3 you ¦ a < b ¦ a<b and b>c ¦ x < 5 ? yes : no ¦ 1 <2> 3 ¦ <- back ¦ -> next ¦ <br> ¦ <b>bold</b> ¦ <i>it</i>
<p>Hello</p> ¦ <em>so</em> what ¦ <ul><li>one</li></ul> ¦ <h1>Title</h1> ¦ <span>text</span> ¦ <strong>Note:</strong> closed
<your name> ¦ <name@example.com> ¦ Ada <ada@example.com> ¦ <https://example.com> ¦ <insert text here> ¦ List<String>
Map<String, Object> ¦ vector<int> v ¦ Promise<void> ¦ <T extends object> ¦ #include <stdio.h> ¦ <?xml version="1.0"?>
<xpacket begin="" id="x"> ¦ <item id="1"/> ¦ <ns:item>1</ns:item> ¦ </div> ¦ how to close a <div> ¦ the <script> tag explained
what does <svg> mean ¦ <iframe> or <object>? ¦ JavaScript: The Good Parts ¦ javascript tutorial ¦ learn javascript: from zero
coffeescript vs typescript ¦ onload vs onready ¦ on load: 5 kg ¦ on error resume next ¦ onclick handlers ¦ online=yes ¦ once=1
only=new ¦ ongoing=true ¦ one=1 ¦ on=1 ¦ onsale=true ¦ onboarding=done ¦ onshore=1&offshore=2 ¦ style=modern ¦ style: minimalist
src=google ¦ href explained ¦ data: a history ¦ data:2024-01-01 ¦ metadata: none ¦ alert me ¦ alert level: high ¦ red alert (2)
prompt engineering ¦ prompt (n.) ¦ confirm your e-mail ¦ confirm: yes ¦ print (A4) ¦ print media ¦ eval of students
evaluation (final) ¦ document cookie policy ¦ the window.location of the shop ¦ window name plate ¦ window [double glazed]
top [10] songs ¦ self [service] ¦ parent [company] ¦ fetch (the dog) ¦ import (China) ¦ export (EU) ¦ function (n.)
function f(x) = x^2 ¦ f(x)=>x ¦ x => x + 1 ¦ if (true) ¦ for (all) ¦ while (waiting) ¦ url(s) of the shop ¦ url (short)
expression (algebra) ¦ var x = 5 ¦ let it = be ¦ const a = b ¦ return (shipping) ¦ new Date() ¦ console games ¦ [object Object]
[1,2,3] ¦ [[wiki link]] ¦ [![badge](https://a.example/b.svg)](https://a.example) ¦ ![alt](a.png) ¦ {{ name }} ¦ &lt;b&gt;
&amp; Co. ¦ &nbsp; ¦ &copy; 2024 ¦ Tom &amp; Jerry ¦ AT&T ¦ R&D ¦ ¡Hola! ¿Qué tal? ¦ (-: :-) ¦ :-) or ;-) ¦ <> ¦ <<quoted>>
« guillemets » ¦ <!-- note --> ¦ <!DOCTYPE html> ¦ base64,abc ¦ settimeout explained ¦ setTimeout vs setInterval
xmlhttprequest or fetch ¦ localstorage limits
`);

const ABOUT_FILES = textsOf(String.raw`
../images/a.png ¦ ./a.md ¦ ../../docs ¦ ../README.md ¦ a/../b ¦ and so on... ¦ wait... what.. ¦ ... ¦ from A..Z ¦ 1..10
2024-01-01..2024-12-31 ¦ v1.2..v1.3 ¦ HEAD~1..HEAD ¦ C:\Users\ada\notes.txt ¦ C:\Program Files\App ¦ C:/temp/a.log ¦ D:\data
\\server\share\a.doc ¦ /home/ada/report.pdf ¦ /Users/ada/Desktop/a.png ¦ /tmp/upload.csv ¦ /var/www ¦ /var/log ¦ /etc/hosts
what is /etc/passwd? ¦ the etc folder ¦ etc. and so on ¦ /dev/null ¦ dev/stage/prod ¦ /usr/local/bin ¦ /opt ¦ /root ¦ root cause
/bin ¦ boot.log ¦ win.init ¦ config.yml ¦ settings.json ¦ app.config.js ¦ package.json ¦ docker-compose.yml ¦ .env example
what is .env? ¦ .gitignore ¦ .htaccess redirects ¦ web.config transform ¦ wp-config explained ¦ id_rsa or ed25519 ¦ backup.zip
dump.sql ¦ report.bak ¦ file.old ¦ a.orig ¦ a.php ¦ index.php?id=1 ¦ page.aspx ¦ login.jsp ¦ https://example.com/a.txt
https://example.com/a.pdf ¦ http://example.com/index.php ¦ http://localhost:3000/callback ¦ http://127.0.0.1:8080/cb
http://192.168.0.10/status ¦ https://10.0.0.5/ ¦ ftp://ftp.example.com/pub ¦ file:///C:/a.txt ¦ s3://bucket/key ¦ gs://bucket/key
data.csv ¦ file:report.txt ¦ sftp://example.com ¦ smb://nas/share ¦ ldap://ldap.example.com ¦ mailto:ada@example.com
tel:+411234567 ¦ myapp://open?id=1 ¦ urn:isbn:0451450523 ¦ jar of honey ¦ zip: 8001 ¦ phar lap ¦ glob: *.ts ¦ **/*.spec.ts
src/**/index.ts ¦ *.txt ¦ %USERPROFILE% ¦ %2e ¦ 100%25 ¦ 50% ¦ % ¦ a%20b ¦ proc/self help ¦ /proc or /sys ¦ /sys/class/net
system32 folder ¦ windows/system ¦ win.ini history ¦ boot.ini ¦ pagefile too large ¦ history of .NET ¦ .profile
access.log format ¦ error.log ¦ /var/log/syslog ¦ /run/secrets ¦ /opt/homebrew/bin ¦ node_modules/../dist ¦ ../dist/index.js
../assets/logo.svg ¦ assets/../logo.svg ¦ .... ¦ a/....../b ¦ ..hidden ¦ ~/Documents ¦ file://server/a
`);

const ABOUT_SHELLS = textsOf(String.raw`
ls 300 lexus ¦ cat food ¦ cat and dog ¦ cat -- the animal ¦ who is who ¦ who am i ¦ id card ¦ my id; your id ¦ id & name
date; time ¦ date & time ¦ time; place ¦ ping pong ¦ ping me; then call ¦ nc 17 ¦ bash the bug ¦ bash script ¦ sh*t happens
curl your hair ¦ curl it ¦ curly hair & more ¦ wget alternative ¦ wget vs curl ¦ python 3.12 ¦ python -- the snake ¦ perl necklace
ruby ring; gold ¦ php developer ¦ java & kotlin ¦ java -- the island ¦ go; rust; zig ¦ node; deno; bun ¦ echo & narcissus
echo chamber ¦ sleep | rest ¦ sleep; eat; repeat ¦ find; replace ¦ find & replace ¦ sort | filter ¦ sort; filter; group
head & shoulders ¦ head | tail ¦ tail -- the end ¦ more; less ¦ more than that; she became aware ¦ more or less ¦ less & more
cut | paste ¦ cut; copy; paste ¦ copy & paste ¦ make & model ¦ make; model; year ¦ top & bottom ¦ top; middle; bottom ¦ free; paid
free & easy ¦ kill & bill ¦ mail; phone ¦ mail & more ¦ mount & blade ¦ touch | swipe ¦ touch; feel ¦ file | edit | view
date | price ¦ name | id ¦ set; match; game ¦ set & forget ¦ test; debug ¦ true | false ¦ true & fair ¦ yes; no; maybe ¦ yes & no
host; guest ¦ host & port ¦ user | group ¦ route; ride ¦ ip & port ¦ ip; mask ¦ uptime: 99.9% ¦ history & culture ¦ exec (chief)
$100 ¦ $5 & up ¦ $HOME sweet home ¦ US$ 20 ¦ $name ¦ \${variable} ¦ $(element) ¦ \`code\` ¦ a && b ¦ a || b ¦ R&D && QA ¦ x | y
x > y ¦ 2 > 1 ¦ a >> b ¦ x & y ¦ {a,b} ¦ {1,2,3} ¦ foo(bar) ¦ if exist ¦ net; gross ¦ net & gross weight ¦ reg; plates
start; stop ¦ call; text ¦ move & copy ¦ type; size ¦ print; fax ¦ format; c4 ¦ assoc. member ¦ get-together ¦ set-top box
new-item list ¦ add-on ¦ start-process of asylum ¦ out-of-office ¦ select-object lens ¦ test-path for runners
remove-item from cart ¦ copy-item ¦ powershell book ¦ cmd key on a Mac ¦ netstat explained ¦ whoami meaning ¦ uname
passwd change ¦ chmod 755 explained ¦ sudo -- what is it ¦ tar & feather ¦ dd/mm/yyyy ¦ rm -- road map
`);

const ABOUT_CODE = textsOf(String.raw`
\${name} ¦ \${a} and \${b} ¦ {{name}} ¦ {{ user.name }} ¦ {{#each items}} ¦ {% if %} ¦ #{id} ¦ #[derive(Debug)] ¦ <%= name %>
[[link]] ¦ %{host} ¦ @{user} ¦ $t('key') ¦ $_ ¦ $a ¦ $x ¦ $100 (approx.) ¦ $cart->total ¦ this.name ¦ this.is.a.test
this is a test ¦ process the order ¦ process.start ¦ process (industrial) ¦ java.lang ¦ java.util.List ¦ org.apache.commons
com.example.App ¦ javax or jakarta ¦ class (1st) ¦ class.name ¦ class A extends B ¦ constructor of a house ¦ prototype: v2 ¦ proto
__init__ ¦ __main__ ¦ __typename ¦ __v ¦ _id ¦ __proto ¦ require('x') ¦ require (v.) ¦ import x from 'y' ¦ from x import y
module.exports explained ¦ module exports ¦ global [search] ¦ reflect (verb) ¦ kernel.org ¦ file.open ¦ io.read ¦ dir.pro
os.name ¦ os: linux ¦ subprocess explained ¦ child process ¦ system (n.) ¦ system('x') in C ¦ exec ( ¦ exec(utive) ¦ eval (
assert (v.) ¦ assertion (logic) ¦ include (v.) ¦ include: all ¦ print(1) ¦ print("hello") ¦ printf("%d", 1) ¦ die (verb) ¦ die(n)
chr(65) ¦ copy(right) ¦ rename(d) ¦ mail (post) ¦ mail(s) ¦ glob(al) ¦ dl (file) ¦ extract(s) ¦ usort explained ¦ array(1, 2)
array_map explained ¦ fopen (file) ¦ filemtime($foo) ¦ cheval($foo) ¦ ecosystem() ¦ unlink (me) ¦ preview(1) ¦ session(s)
session.start ¦ session.gc ¦ mail.to ¦ error_log ¦ include_path ¦ memory limit = 5 ¦ max_execution ¦ display: block
function foo() { } ¦ function(x) { return x } ¦ return "x" ¦ new Foo() ¦ while (x) ¦ for (;;) ¦ while(true) {} ¦ do { } while (x)
server.name ¦ server.port=80 ¦ response.body ¦ execute "plan" ¦ wscript ¦ io.open ¦ popen vs fork ¦ spawn point ¦ send :hello ¦ %x
<? ¦ ?> ¦ <? xml ¦ <?php ¦ php? ¦ asp & jsp ¦ <% ¦ %> ¦ O:4 ¦ a:1:{i:0;s:1:"a";} ¦ rO0 ¦ H4s ¦ aced
`);

const ABOUT_OTHERS = textsOf(String.raw`
{"name":"a"} ¦ {"where":{"age":{"gt":3}}} ¦ {"where":{"age":{"$gt":3}}} ¦ {"$and":[{"a":1}]} ¦ {"filter":{"a":"b"}}
{"a":{"in":["x","y"]}} ¦ {"query":{"match_all":{}}} ¦ [{"id":1},{"id":2}] ¦ {"state":"abc","next":"/home"}
{"returnTo":"/orders/1?x=1"} ¦ {"cursor":"WyIyMDI0Il0="} ¦ { user(id: 1) { name } } ¦ query($id: ID!) { item(id: $id) { id } }
mutation { add(a: "b") { id } } ¦ {__typename} ¦ { __schema { types { name } } } ¦ $filter=Price gt 10
$filter=contains(Name,'x') ¦ $filter=Name eq 'a' or Name eq 'b' ¦ $filter=(A eq 1) and (B eq 2) ¦ $expand=Items($select=Id)
$top=10 ¦ startswith(City,'Z') or Id in (1,2) ¦ any(x:x/Name eq 'a') ¦ name==bar;age=gt=10 ¦ age>=18,(name==a*) ¦ (a,b),(c,d)
eq.5 ¦ gte.10 ¦ in.(1,2,3) ¦ or=(a.eq.1,b.eq.2) ¦ not.is.null ¦ cs.{a,b} ¦ title:"x y" AND (a OR b) ¦ +foo -bar* ¦ name:jo*n~2
date:[2020 TO 2024] ¦ field:"a" || field:"b" ¦ _has:Observation:patient:code=1234-5 ¦ http://loinc.org|1234-5 ¦ Patient/123
2024-01-01T00:00:00Z ¦ 2024-01-01T00:00:00+01:00 ¦ ge2024-01-01 ¦ P1DT2H ¦ */5 * * * * ¦ 0 0 * * 1-5 ¦ ^1.2.3 || >=2.0.0-rc.1
~> 2.1 ¦ 1.2.3.4 ¦ 127.0.0.1 ¦ localhost ¦ localhost:3000 ¦ 10.0.0.1 ¦ 192.168.1.0/24 ¦ ::1 ¦ [::1]:8080 ¦ fe80::1%eth0
2001:db8::1 ¦ 169.254.0.1 ¦ 0.0.0.0 ¦ metadata of a picture ¦ the metadata.json file ¦ latest/stable ¦ user@[192.168.1.1]
http://localhost:4200/callback ¦ http://localhost ¦ http://[::1]:3000/ ¦ https://intranet.example/a ¦ http://10.1.2.3:8080/hook
one ¦ two ¦ a\nb ¦ one%0Atwo ¦ Dear Sir%0D%0AYours ¦ to: ada%0D%0Asubject: hi ¦ Subject: hello ¦ Location: Zürich
Content-Type: text/plain ¦ Host: example.com ¦ Bcc: nobody ¦ GET /items ¦ GET request ¦ POST vs PUT ¦ HTTP/1.1 or HTTP/2 ¦ PUT /a
(cn=ada) ¦ (a)(b) ¦ (a|b) ¦ (a=1)(b=2) ¦ *)( ¦ //a/b ¦ /a/b[1] ¦ /a/b/text() ¦ count(items) ¦ position of x ¦ child::x
string length ¦ a|b|c ¦ a,b,c ¦ $.store.book[*].author ¦ $..price ¦ $.items[?(@.price < 10)] ¦ sid=1 ¦ sessionid explained
session-id: 5 ¦ return to sender ¦ ;return ¦ this.a = b ¦ db.items ¦ where: here
AKIAIOSFODNN7EXAMPLE/20240101/us-east-1/s3/aws4_request ¦ eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhIn0.c2ln ¦ SGVsbG8gd29ybGQhIQ==
a+b/c== ¦ 550e8400-e29b-41d4-a716-446655440000 ¦ %E4%B8%AD ¦ 東京 OR 大阪 ¦ Müller & Söhne ¦ Straße 5/7
`);

/** What people and programs write that has in it what attacks are made of, by what it is about. */
export const HONEST_TEXTS: Readonly<Record<string, readonly string[]>> = {
  databases: ABOUT_DATABASES,
  scripts: ABOUT_SCRIPTS,
  files: ABOUT_FILES,
  shells: ABOUT_SHELLS,
  code: ABOUT_CODE,
  'other things': ABOUT_OTHERS,
};
