import type { FieldName } from './field.ts';

/**
 * Header names that say which field a column is, as `headerKey` writes them: NFKC, lower case, letters and digits only. English and
 * Chinese first, then the commonest of Japanese, Korean, Russian, Spanish, German, French and Portuguese. Gathered from table
 * exports of shops, carriers and mailing tools. No name stands in two fields.
 */
export const headers: Readonly<Record<FieldName, readonly string[]>> = {
  phone: words(
    'phone phone1 phone2 phoneno phonenum phonenumber telephone telephonenumber tel tel1 tel2 telno telnumber mobile mobileno mobilenum mobilenumber mobilephone cell cellphone cellphonenumber msisdn contactno contactnumber contactphone contacttel homephone workphone officephone userphone usermobile customerphone buyerphone buyermobile receiverphone receivermobile recipientphone recipientmobile consigneephone consigneemobile senderphone sendermobile deliveryphone shippingphone billingphone whatsapp',
    '手机 手机号 手机号码 手机1 手机2 移动电话 电话 电话号 电话号码 固定电话 固话 座机 联系电话 联系方式 联系手机 联系人电话 联系人手机 收件人电话 收件人手机 收件电话 收货人电话 收货人手机 收货电话 寄件人电话 寄件人手机 寄件电话 发件人电话 买家电话 买家手机 会员手机 会员手机号 客户电话 客户手机 用户手机 注册手机 注册手机号 绑定手机 绑定手机号 家庭电话 办公电话 單位電話 手機 手機號 手機號碼 電話 電話號碼 聯絡電話',
    '電話番号 携帯 携帯電話 携帯番号 전화 전화번호 휴대폰 휴대폰번호 휴대전화 연락처 телефон номертелефона мобильный мобильныйтелефон teléfono telefono móvil movil celular telefon telefonnummer handy handynummer mobilnummer rufnummer téléphone numérodetéléphone portable telefone',
  ),
  email: words(
    'email email1 email2 emailaddress emailaddr emailid mail mailaddress mailbox mailaddr useremail customeremail buyeremail contactemail loginemail primaryemail workemail personalemail',
    '邮箱 邮箱地址 电子邮箱 电子邮件 电子邮件地址 邮件 邮件地址 邮箱账号 注册邮箱 绑定邮箱 安全邮箱 用户邮箱 会员邮箱 客户邮箱 联系邮箱 個人郵箱 郵箱 電子郵箱 電子郵件 電郵',
    'メール メールアドレス 電子メール 이메일 이메일주소 메일 메일주소 почта электроннаяпочта эпочта емейл имейл correo correoelectrónico correoelectronico emailadresse mailadresse courriel adressemail adresseemail adresseélectronique adresseelectronique correioeletrônico',
  ),
  nationalId: words(
    'nationalid nationalidnumber nationalidno nationalidentitynumber idcard idcardno idcardnum idcardnumber idno idnum idnumber identitycard identitycardno identitycardnumber identityno identitynumber idcertno citizenid citizenidnumber citizenno ssn socialsecuritynumber socialsecurityno sin nino nationalinsurancenumber aadhaar aadhaarnumber certno certnum certnumber certid certificateno documentnumber documentno passport passportno passportnumber taxid personalid personalnumber sfz sfzh ctfid',
    '身份证 身份证号 身份证号码 身份证编号 居民身份证 居民身份证号 居民身份证号码 公民身份号码 公民身份证号 证件号 证件号码 证件编号 收件人身份证 收件人身份证号 客户身份证号 护照 护照号 护照号码 身份證 身份證號 身份證號碼 身份證字號 證件號碼',
    'マイナンバー 個人番号 주민등록번호 주민번호 паспорт номерпаспорта снилс инн dni nie nif curp cédula cedula rut ausweisnummer personalausweisnummer personalausweis steuerid numérodesécuritésociale nir cpf codicefiscale pesel bsn',
  ),
  username: words(
    'username usernames user userlogin login loginname loginid userloginname accountname account accountid acct nickname nick screenname handle alias memberlogin',
    '用户名 用户名称 用户账号 用户帐号 登录名 登录账号 登录帐号 登陆名 登陆账号 账号 帐号 账户 账户名 帐户 帐户名 会员名 会员账号 会员昵称 昵称 用户昵称 买家昵称 旺旺 买家会员名 用戶名 帳號 帳戶 暱稱',
    'ユーザー名 ユーザ名 ログイン ログイン名 アカウント ニックネーム 사용자이름 사용자명 아이디 닉네임 логин имяпользователя никнейм usuario nombredeusuario benutzer benutzername nutzername utilisateur nomdutilisateur identifiant pseudo usuário nomedeusuário',
  ),
  trackingNumber: words(
    'trackingnumber trackingno trackingnum trackingid trackingcode tracking trackno tracknumber parcelno parcelnumber parcelid shipmentno shipmentnumber shipmentid shippingno shippingnumber waybill waybillno waybillnumber waybillid waybillcode airwaybill awb awbno awbnumber consignmentno consignmentnumber expressno expressnumber expressid mailno packagenumber packageno packageid packageid barcode barcodenumber labelno deliveryno courierno couriernumber logisticsno logisticsnumber logisticid billcode',
    '运单号 运单号码 运单编号 运单 快递单号 快递单 快递号 快递号码 快递编号 物流单号 物流单 物流编号 物流号 面单号 电子面单号 包裹号 包裹单号 包裹编号 邮件号 邮件号码 邮件编号 发货单号 货运单号 跟踪号 跟踪单号 追踪号 追踪单号 单号 條碼 条码 运单条码 運單號 快遞單號 物流單號 貨運單號',
    '追跡番号 送り状番号 伝票番号 お問い合わせ番号 お問い合わせ伝票番号 荷物番号 운송장번호 송장번호 трекномер номеротправления номернакладной númerodeseguimiento numerodeseguimiento numerodeguia númerodeguía sendungsnummer paketnummer trackingnummer numérodesuivi numerodesuivi numérodecolis códigoderastreio codigoderastreio',
  ),
  customerId: words(
    'customerid customerno customernum customernumber customercode custid custno custnum custcode clientid clientno clientnumber clientcode memberid memberno membernumber membercode membershipno membershipnumber membershipid userid useridx uid userno usernumber usercode subjectid buyerid accountno accountnumber accountcode loyaltyid loyaltynumber cardholderid personid contactid',
    '会员号 会员编号 会员id 会员卡号 会员代码 客户号 客户编号 客户id 客户代码 客户编码 客户卡号 顾客编号 顾客id 用户编号 用户id 用户号 用户代码 买家id 會員號 會員編號 客戶編號 用戶編號',
    '顧客番号 顧客id 会員番号 会員id お客様番号 고객번호 고객id 회원번호 회원id номерклиента кодклиента idклиента idcliente númerodecliente numerodecliente códigodecliente kundennummer kundenid kundennr numéroclient numeroclient idclient codeclient códigodocliente',
  ),
  name: words(
    'name fullname realname truename personname displayname firstname lastname surname familyname givenname forename middlename customername custname clientname buyername membername contactname contact contactperson recipient recipientname receiver receivername consignee consigneename sender sendername shippername addressee deliveryname shippingname billingname cardholder cardholdername holdername chinesename englishname',
    '姓名 名字 真实姓名 真名 名称 中文名 中文姓名 英文名 英文姓名 姓 名 全名 收件人 收件人姓名 收件方 收货人 收货人姓名 收货人名称 寄件人 寄件人姓名 发件人 发件人姓名 发货人 联系人 联系人姓名 客户 客户姓名 客户名 客户名称 买家 买家姓名 顾客姓名 会员姓名 用户姓名 持卡人 户名 收件人名 收件人名称 聯絡人 收貨人 客戶姓名 會員姓名',
    '氏名 名前 お名前 受取人 宛名 届け先名 이름 성명 고객명 수령인 수취인 받는사람 받는분 имя фамилия фио отчество полноеимя получатель отправитель nombre nombres apellido apellidos nombrecompleto destinatario vorname nachname vollständigername empfänger empfaenger kundenname nom prénom prenom nomcomplet destinataire nome sobrenome nomecompleto destinatário',
  ),
  address: words(
    'address address1 address2 address3 addr addr1 addr2 addressline addressline1 addressline2 fulladdress detailaddress detailedaddress streetaddress street street1 street2 homeaddress workaddress mailingaddress postaladdress residentialaddress shippingaddress billingaddress deliveryaddress shiptoaddress shipto receiveraddress recipientaddress consigneeaddress senderaddress customeraddress buyeraddress useraddress contactaddress',
    '地址 详细地址 收货地址 收件地址 收件人地址 收货人地址 寄件地址 寄件人地址 发件地址 发件人地址 发货地址 送货地址 配送地址 派送地址 联系地址 家庭地址 家庭住址 住址 现住址 居住地址 户籍地址 通讯地址 通信地址 邮寄地址 街道地址 街道 客户地址 用户地址 会员地址 买家地址 單位地址 详址 收貨地址 聯絡地址 詳細地址',
    '住所 住所1 住所2 お届け先住所 届け先 주소 상세주소 배송지 배송주소 адрес адресдоставки улица dirección direccion domicilio calle direccióndeentrega anschrift adresse lieferadresse straße strasse adressepostale adressedelivraison rue endereço endereco',
  ),
  password: words(
    'password passwd passwords pwd pass passwrd plainpassword plaintextpassword plaintext userpassword userpwd userpass loginpassword loginpwd passphrase passcode cleartext',
    '密码 登录密码 登陆密码 用户密码 会员密码 明文密码 明文 口令 支付密码 交易密码 邮箱密码 查询密码 原密码 初始密码 密碼 登入密碼',
    'パスワード 暗証番号 비밀번호 패스워드 암호 пароль contraseña contrasena clave passwort kennwort motdepasse mdp senha',
  ),
  passwordHash: words(
    'passwordhash passwdhash pwdhash passhash hashedpassword hashpassword hash hashes passwordmd5 pwdmd5 md5 md5password md5pass md5hash passwordsha1 sha1 sha256 sha512 bcrypt argon2 encryptedpassword encryptpassword encryptedpasswd passwordencrypted passworddigest passwdmd5 ntlm ntlmhash userpasshash',
    '密码哈希 哈希 哈希值 加密密码 密文 密文密码 密码密文 md5密码 密码md5 密码散列 散列值 密碼雜湊 雜湊',
    'ハッシュ パスワードハッシュ 해시 비밀번호해시 хеш хешпароля hashcontraseña hashdecontraseña passworthash hashmotdepasse',
  ),
};

function words(...groups: readonly string[]): readonly string[] {
  return groups.flatMap((group) => group.split(' '));
}
